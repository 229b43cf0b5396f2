/**
 * Serves what is asked of the running graph.
 *
 * @module
 */

import type { EngineFace } from "../../api/engine_face.ts";
import { NODES } from "../../api/operations/nodes.ts";
import { serve, serveText, type Service } from "../../api/service.ts";

/** Serves control messages and the export. */
export function nodeServices(engine: Pick<EngineFace, "msg" | "export">): readonly Service[] {
  return [
    serve(NODES.msg, (request) => engine.msg(request)),
    serveText(NODES.export, ({ name }) => engine.export(name)),
  ];
}
