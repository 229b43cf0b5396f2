/**
 * Draining all listeners of a topology at once.
 *
 * @module
 */

import { addDrainResults, type DrainOrder, type DrainResult, NOTHING_DRAINED } from "../core/drain.ts";
import type { Graph } from "../core/graph.ts";
import type { Answer } from "../core/message.ts";
import type { Node } from "../core/node.ts";
import { Pending } from "../core/pending.ts";

/** Drains all listeners of a scope, also those that are gone and whose connections go on. */
export function drainScope(graph: Graph, scope: string, order: DrainOrder): Answer<DrainResult> {
  const answers = [...listenersOf(graph, scope)].map((node) => node.behaviour.drain?.(order) ?? NOTHING_DRAINED);
  let sum = NOTHING_DRAINED;
  const add = (result: DrainResult): void => {
    sum = addDrainResults(sum, result);
  };
  const later = answers.filter((answer) => answer instanceof Pending);
  for (const answer of answers) if (!(answer instanceof Pending)) add(answer);
  if (later.length === 0) return sum;
  const all = new Pending<DrainResult>();
  let left = later.length;
  for (const answer of later) {
    answer.whenSettled((outcome) => {
      if (outcome.ok) add(outcome.value);
      left -= 1;
      if (left === 0) all.resolve(sum);
    });
  }
  return all;
}

/** Lets all listeners of a scope take connections again. */
export function undrainScope(graph: Graph, scope: string): void {
  for (const node of listenersOf(graph, scope)) node.behaviour.undrain?.();
}

function listenersOf(graph: Graph, scope: string): ReadonlySet<Node> {
  return new Set(
    graph.nodesOf(scope).flatMap((node) => {
      const { owner } = node.origin;
      if (owner === null) return [node];
      return owner.alive ? [] : [owner];
    }),
  );
}
