/**
 * The places of a topology's nodes in its text, as one array of numbers: it is transferred between threads in one step,
 * for any number of nodes. It is read only when a step has failed.
 *
 * For each node in the order of the state: the start and end of its name, the number of its messages, and the start and
 * end of each.
 *
 * @module
 */

import type { GraphState } from "../../graph/data/state.ts";
import type { NodeOrigin, Origins } from "../../topology/resolve/build_state.ts";
import type { Span } from "../../topology/parse/source.ts";

/** Origins as numbers. */
export function packPlaces({ nodes }: Pick<GraphState, "nodes">, origins: Pick<Origins, "nodes">): Int32Array {
  const numbers: number[] = [];
  for (const { name } of nodes) {
    const { span, messages } = origins.nodes.get(name) ?? NOWHERE;
    numbers.push(span.start, span.end, messages.length);
    for (const { start, end } of messages) numbers.push(start, end);
  }
  return Int32Array.from(numbers);
}

/** Numbers as origins. */
export function unpackPlaces(
  { nodes }: Pick<GraphState, "nodes">,
  places: Int32Array,
): ReadonlyMap<string, NodeOrigin> {
  let at = 0;
  const next = (): number => places[at++] ?? 0;
  const span = (): Span => ({ start: next(), end: next() });
  return new Map(nodes.map(({ name }) => {
    const own = span();
    return [name, { span: own, messages: Array.from({ length: next() }, span) }];
  }));
}

const NOWHERE: NodeOrigin = { span: { start: 0, end: 0 }, messages: [] };
