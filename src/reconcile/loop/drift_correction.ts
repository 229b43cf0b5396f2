/**
 * Takes back at once what hands changed, where that was asked for: the file is then the truth at every moment, not only
 * when it is applied.
 *
 * What cannot be taken back is tried again with growing delays; what the world broke is the healer's, and not looked at
 * here.
 *
 * @module
 */

import type { GraphState } from "../../graph/data/state.ts";
import { countConnections } from "../plan/connections.ts";
import { formersOf, stateOf } from "../diff/observe.ts";
import { type Plan, planChanges } from "../plan/plan.ts";
import type { ReconcilerOptions } from "./reconcile_options.ts";
import { driftOf } from "../status/status.ts";
import type { Topology } from "./topology.ts";

/** What is needed of the healer. */
export interface DriftCorrectionHost {
  /** Runs a task when nothing else is under way in the topology. */
  run(topology: Topology, task: () => Promise<void>): void;
  /** Carries out a plan that leads to what is wanted; false when some of it was refused. */
  carryOut(topology: Topology, plan: Plan, desired: GraphState): Promise<boolean>;
}

/** Takes back what differs, if there is anything, and if that is wanted. */
export async function correctDrift(
  topology: Topology,
  options: ReconcilerOptions,
  host: DriftCorrectionHost,
): Promise<void> {
  const { driftRetry } = topology;
  if (!topology.selfHeal || topology.suspended || driftRetry.planned) return;
  // What is made anew just now is missing, and nobody's drift.
  if ([...topology.retries.values()].some((retry) => retry.rebuilding)) return;
  const found = await look(topology, options);
  if (found === null) return driftRetry.settle();
  const healed = await host.carryOut(topology, found.plan, topology.desired) && await look(topology, options) === null;
  const { name } = topology;
  if (healed) {
    driftRetry.settle();
    return options.onEvent?.({ kind: "drift-healed", topology: name, drift: found.drift });
  }
  driftRetry.plan(options.random(), () => host.run(topology, () => correctDrift(topology, options, host)));
}

async function look(
  topology: Topology,
  { port, types }: ReconcilerOptions,
): Promise<{ readonly drift: string; readonly plan: Plan } | null> {
  const { desired, waiting, generation } = topology;
  const snapshot = await port.snapshot(topology.name);
  const drift = driftOf({ types, desired, snapshot, waiting });
  if (drift === null || snapshot === null) return null;
  const observed = stateOf(snapshot, { types, expected: desired, waiting });
  const plan = planChanges(observed, desired, {
    types,
    fromGeneration: generation,
    toGeneration: generation,
    connections: countConnections(types, snapshot),
    formers: formersOf(snapshot),
  });
  return { drift, plan };
}
