/**
 * Serves requests to the running graph.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { NODES } from "../../api/operations/nodes.ts";
import { serve, serveText, type Service } from "../../api/service.ts";
import type { ClientReport } from "../client_changes.ts";

/** Serves control messages and the export. */
export function nodeServices(engine: Pick<EngineApi, "msg" | "export">, report: ClientReport): readonly Service[] {
  return [
    serve(NODES.msg, async (request) => {
      const reply = await engine.msg(request);
      report.message(request.path, request);
      return reply;
    }),
    serveText(NODES.export, ({ name }) => engine.export(name)),
  ];
}
