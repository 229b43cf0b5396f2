/**
 * The engine as its clients see it, reporting what they change: who looks at its terminal would see nothing of it.
 *
 * @module
 */

import type { ApplyOutcome } from "../api/apply_event.ts";
import type { EngineFace } from "../api/protocol.ts";

/** A client has changed something. */
export interface ClientChange {
  /** Tells it from other events. */
  readonly kind: "client-change";
  /** Which topology. */
  readonly topology: string;
  /** What was done, in one line. */
  readonly text: string;
}

/** The same face, whose changes are reported when they have come to their end. */
export function reportingChanges(face: EngineFace, report: (change: ClientChange) => void): EngineFace {
  const changed = (topology: string, what: string) => {
    report({ kind: "client-change", topology, text: `${topology}: ${what} by a client` });
  };
  const came = (verb: string, outcomes: readonly ApplyOutcome[]) => {
    for (const { topology, result, generation, message } of outcomes) {
      if (result === "unchanged") continue;
      if (result === "applied") changed(topology, `generation ${generation} ${verb}`);
      else report({ kind: "client-change", topology, text: `${topology}: a client's change failed: ${message}` });
    }
  };
  return {
    status: () => face.status(),
    metrics: () => face.metrics(),
    liveNodes: (topology) => face.liveNodes(topology),
    plan: (request) => face.plan(request),
    msg: (request) => face.msg(request),
    export: (name) => face.export(name),
    wait: (request, options) => face.wait(request, options),
    events: (options) => face.events(options),
    history: (name) => face.history(name),
    apply: async (request, tell) => {
      const outcomes = await face.apply(request, (event) => {
        if (event.kind === "pruned") changed(event.topology, "removed");
        tell(event);
      });
      came("applied", outcomes);
      return outcomes;
    },
    follow: async (request, tell) => {
      const outcomes = await face.follow(request, tell);
      came("applied and followed", outcomes);
      return outcomes;
    },
    rollback: async (request, tell) => {
      const outcome = await face.rollback(request, tell);
      came("rolled back to", [outcome]);
      return outcome;
    },
    reconcile: async (request, tell) => {
      const outcome = await face.reconcile(request, tell);
      came("reconciled", [outcome]);
      return outcome;
    },
    confirm: (names) => face.confirm(names), // The engine itself reports what is confirmed.
    adopt: async (name) => {
      const result = await face.adopt(name);
      if (result.drift !== null) changed(name, `generation ${result.generation} adopted`);
      return result;
    },
    suspend: async (name) => {
      await face.suspend(name);
      changed(name, "suspended");
    },
    resume: async (name) => {
      await face.resume(name);
      changed(name, "resumed");
    },
    down: async (request) => {
      const result = await face.down(request);
      for (const name of result.stopped) changed(name, "stopped");
      return result;
    },
    drain: async (request) => {
      for (const target of request.targets) changed(target, "drained");
      return await face.drain(request);
    },
  };
}
