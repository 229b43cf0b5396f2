/**
 * The size of a plan: it counts nodes and templates, not steps.
 *
 * @module
 */

import { forEachInTurn, type Task } from "../../cooperative.ts";
import type { ConnectionEffects } from "./connections.ts";
import type { Step } from "./step.ts";

/** The size of a plan. */
export interface PlanSummary {
  /** New nodes. */
  readonly add: number;
  /** Changed or recreated nodes. */
  readonly change: number;
  /** Removed nodes. */
  readonly remove: number;
  /** Open connections of the topology that stay open. */
  readonly kept: number;
  /** Open connections that it closes. */
  readonly closed: number;
}

/**
 * Counts the nodes that steps add, change and remove, and the effect on all connections of the topology; as a task that
 * can be interrupted.
 */
export function* summarising(steps: readonly Step[], effects: ConnectionEffects): Task<PlanSummary> {
  const units = { add: new Set<string>(), change: new Set<string>(), remove: new Set<string>() };
  yield* forEachInTurn(steps, (step) => {
    if (step.kind !== "silent") units[step.kind].add(step.subject);
  });
  // New nodes may have links to others: the others are not changed by that alone.
  for (const subject of units.add) units.change.delete(subject);
  const { add, change, remove } = units;
  return { add: add.size, change: change.size, remove: remove.size, ...effects.ofAll() };
}
