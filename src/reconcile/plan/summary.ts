/**
 * The size of a plan: it counts nodes and templates, not steps.
 *
 * @module
 */

import { forEachInTurn, type Task } from "../../cooperative.ts";
import type { ConnectionFates } from "./connections.ts";
import type { Step } from "./step.ts";

/** The size of a plan. */
export interface PlanSummary {
  /** New nodes. */
  readonly add: number;
  /** Changed or recreated nodes. */
  readonly change: number;
  /** Removed nodes. */
  readonly remove: number;
  /** Open connections of the changed nodes that are kept. */
  readonly kept: number;
  /** Open connections that it closes. */
  readonly closed: number;
}

/** The nodes whose connections a plan affects. */
export interface Touched {
  readonly fates: ConnectionFates;
  /** Nodes whose connections use a template that changes: they keep their copies. */
  readonly users: readonly string[];
}

/** Counts what steps add, change and remove, and the connections that they affect; as a task. */
export function* summarising(steps: readonly Step[], touched: Touched): Task<PlanSummary> {
  const units = { add: new Set<string>(), change: new Set<string>(), remove: new Set<string>() };
  yield* forEachInTurn(steps, (step) => {
    if (step.kind !== "silent") units[step.kind].add(step.unit);
  });
  // New nodes may have links to others: the others are not changed by that alone.
  for (const unit of units.add) units.change.delete(unit);
  const { add, change, remove } = units;
  const nodes = new Set(touched.users);
  yield* forEachInTurn(steps, ({ node, connections }) => {
    if (node !== null && connections !== null) nodes.add(node);
  });
  const { kept, closed } = touched.fates.ofAll([...nodes]);
  return { add: add.size, change: change.size, remove: remove.size, kept, closed };
}
