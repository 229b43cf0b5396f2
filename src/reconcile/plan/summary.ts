/**
 * How much a plan does: things, not steps, are counted.
 *
 * @module
 */

import { forEachInTurn, type Task } from "../../cooperative.ts";
import type { ConnectionFates } from "./connections.ts";
import type { Step } from "./step.ts";

/** How much a plan does. */
export interface PlanSummary {
  /** Nodes that are new. */
  readonly add: number;
  /** Nodes that are changed or made anew. */
  readonly change: number;
  /** Nodes that go. */
  readonly remove: number;
  /** Live connections of the nodes it touches that go on. */
  readonly kept: number;
  /** Live connections that it closes. */
  readonly closed: number;
}

/** Whose connections a plan touches. */
export interface Touched {
  readonly fates: ConnectionFates;
  /** Nodes whose connections use a template that changes: they keep what they began with. */
  readonly users: readonly string[];
}

/** Counts what steps add, change and remove, and the connections that they touch; in pieces. */
export function* summarising(steps: readonly Step[], touched: Touched): Task<PlanSummary> {
  const units = { add: new Set<string>(), change: new Set<string>(), remove: new Set<string>() };
  yield* forEachInTurn(steps, (step) => {
    if (step.kind !== "silent") units[step.kind].add(step.unit);
  });
  // What is added may bring links to others along: the others are not changed by that alone.
  for (const unit of units.add) units.change.delete(unit);
  const { add, change, remove } = units;
  const nodes = new Set(touched.users);
  yield* forEachInTurn(steps, ({ node, connections }) => {
    if (node !== null && connections !== null) nodes.add(node);
  });
  const { kept, closed } = touched.fates.ofAll([...nodes]);
  return { add: add.size, change: change.size, remove: remove.size, kept, closed };
}
