/**
 * Serves planning and applying.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { APPLY } from "../../api/operations/apply.ts";
import { serve, serveChange, type Service } from "../../api/service.ts";
import type { ClientReport } from "../client_changes.ts";

/** Serves planning and applying. */
export function applyServices(engine: Pick<EngineApi, "plan" | "apply">, report: ClientReport): readonly Service[] {
  return [
    serve(APPLY.plan, async (request) => ({ plans: await engine.plan(request) })),
    serveChange(APPLY.apply, async (request, emit) => {
      const outcomes = await engine.apply(request, (event) => {
        if (event.kind === "pruned") report.changed(event.topology, "removed");
        emit(event);
      });
      report.outcomes("applied", outcomes);
    }),
  ];
}
