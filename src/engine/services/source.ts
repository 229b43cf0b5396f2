/**
 * Serves following sources.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { SOURCES } from "../../api/operations/source.ts";
import { serveChange, type Service } from "../../api/service.ts";
import type { ClientReport } from "../client_changes.ts";

/** Serves following sources. */
export function sourceServices(engine: Pick<EngineApi, "follow">, report: ClientReport): readonly Service[] {
  return [
    serveChange(SOURCES.follow, async (request, emit) => {
      report.outcomes("applied and followed", await engine.follow(request, emit));
    }),
  ];
}
