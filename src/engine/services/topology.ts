/**
 * Serves the operation of running topologies.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { TOPOLOGY } from "../../api/operations/topology.ts";
import { serve, serveChange, type Service } from "../../api/service.ts";
import type { ClientReport } from "../client_changes.ts";

type Operated = Pick<
  EngineApi,
  "down" | "drain" | "history" | "rollback" | "reconcile" | "confirm" | "adopt" | "suspend" | "resume"
>;

/** Serves the operation of topologies, and reports clients' changes. */
export function topologyServices(engine: Operated, report: ClientReport): readonly Service[] {
  return [
    serve(TOPOLOGY.down, async (request) => {
      const result = await engine.down(request);
      for (const name of result.stopped) report.changed(name, "stopped");
      return result;
    }),
    serve(TOPOLOGY.drain, async (request) => {
      const drained = await engine.drain(request);
      for (const { target } of drained) report.changed(target, "drained");
      return { drained };
    }),
    serve(TOPOLOGY.history, async ({ name }) => ({ generations: await engine.history(name) })),
    serveChange(TOPOLOGY.rollback, async (request, emit) => {
      report.outcomes("restored by a rollback, requested", [await engine.rollback(request, emit)]);
    }),
    serveChange(TOPOLOGY.reconcile, async (request, emit) => {
      report.outcomes("reconciled", [await engine.reconcile(request, emit)]);
    }),
    // The engine itself reports confirmations.
    serve(TOPOLOGY.confirm, async ({ names }) => ({ confirmed: await engine.confirm(names) })),
    serve(TOPOLOGY.adopt, async ({ name }) => {
      const result = await engine.adopt(name);
      if (result.drift !== null) report.changed(name, `generation ${result.generation} adopted`);
      return result;
    }),
    serve(TOPOLOGY.suspend, async ({ name }) => {
      await engine.suspend(name);
      report.changed(name, "suspended");
      return {};
    }),
    serve(TOPOLOGY.resume, async ({ name }) => {
      await engine.resume(name);
      report.changed(name, "resumed");
      return {};
    }),
  ];
}
