/**
 * Reverts manual changes immediately, if requested: then the file always applies, not only at an apply.
 *
 * A change that cannot be reverted is retried with growing delays; failed nodes are repaired by `node_repair.ts`, and not
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

/** The repairs that it must wait for. */
export interface DriftCorrectionHost {
  /** Runs a task when no other one is in progress in the topology. */
  run(topology: Topology, task: () => Promise<void>): void;
  /** Executes a plan that leads to the desired state; false if some of it was rejected. */
  carryOut(topology: Topology, plan: Plan, desired: GraphState): Promise<boolean>;
}

/** Reverts differences, if there are any, and if that is enabled. */
export async function correctDrift(
  topology: Topology,
  options: ReconcilerOptions,
  host: DriftCorrectionHost,
): Promise<void> {
  const { driftRetry } = topology;
  if (!topology.selfHeal || topology.suspended || driftRetry.planned) return;
  // A node that is being recreated is missing, but that is not drift.
  if ([...topology.retries.values()].some((retry) => retry.rebuilding)) return;
  const found = await findDrift(topology, options);
  if (found === null) return driftRetry.settle();
  const healed = await host.carryOut(topology, found.plan, topology.desired) &&
    await findDrift(topology, options) === null;
  const { name } = topology;
  if (healed) {
    driftRetry.settle();
    return options.onEvent?.({ kind: "drift-reverted", topology: name, drift: found.drift });
  }
  driftRetry.plan(options.random(), () => host.run(topology, () => correctDrift(topology, options, host)));
}

async function findDrift(
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
