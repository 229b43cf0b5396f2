/**
 * Which links are added and removed, and which nodes end because of that: a node with an identity hook ends with its
 * hook, so a link that is added or removed there recreates it, and so does a peer that ends.
 *
 * @module
 */

import type { Task } from "../../cooperative.ts";
import type { End, GraphState, LinkState } from "../../graph/data/state.ts";
import { formatEnd } from "../../graph/data/state.ts";

/** The start of the propagation. */
export interface NodeStates {
  /** Nodes that exist and stay, by name; all others of `wanted` are new, all others of `observed` are removed. */
  readonly staying: ReadonlySet<string>;
  /** Staying nodes that are recreated, with the cause; grows. */
  readonly replaced: Map<string, string>;
  /** True for a node with an identity hook. */
  hookDecides(node: string): boolean;
}

/** Changed links. */
export interface LinkDiff {
  /** Links to create: new ones, and those whose nodes are created. */
  readonly make: readonly LinkState[];
  /** Links to remove explicitly; those of removed nodes end with them. */
  readonly part: readonly LinkState[];
}

/**
 * Compares links, and adds to `states.replaced` the nodes that do not survive the change.
 *
 * @param observed the observed state, under the names that nodes will have
 */
export function* compareLinkSets(observed: GraphState, desired: GraphState, states: NodeStates): Task<LinkDiff> {
  const same = yield* sameLinks(observed.links, desired.links);
  const added = same ? [] : yield* subtract(desired.links, observed.links);
  const removed = same ? [] : yield* subtract(observed.links, desired.links);
  const [addedPairs, removedPairs] = [new Set(added.map(pairKey)), new Set(removed.map(pairKey))];
  for (const [links, other, verb] of [[removed, addedPairs, "removed"], [added, removedPairs, "added"]] as const) {
    for (const link of links) {
      const { ends: [a, b] } = link;
      const word = other.has(pairKey(link)) ? "changed" : verb;
      markReplaced(states, a.node, `link to "${b.node}" ${word}`);
      markReplaced(states, b.node, `link to "${a.node}" ${word}`);
    }
    yield;
  }
  const ending = observed.nodes.filter((node) => !states.staying.has(node.name)).map((node) => node.name);
  if (ending.length + states.replaced.size > 0) yield* spread(observed.links, ending, states);
  const isDown = (name: string) => states.replaced.has(name) || !states.staying.has(name);
  const touchesDown = ({ ends: [a, b] }: LinkState) => isDown(a.node) || isDown(b.node);
  const again = new Set(added);
  yield;
  return {
    make: desired.links.filter((link) => again.has(link) || touchesDown(link)),
    part: removed.filter((link) => !touchesDown(link)),
  };
}

/** Recreates all nodes with an identity hook that are linked to a node that ends, until there are no more. */
function* spread(links: readonly LinkState[], ending: readonly string[], states: NodeStates): Task<void> {
  const peers = yield* peersByNode(links);
  const work: { name: string; cause: string }[] = [
    ...ending.map((name) => ({ name, cause: "goes" })),
    ...[...states.replaced.keys()].map((name) => ({ name, cause: "is recreated" })),
  ];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    yield;
    for (const peer of peers.get(next.name) ?? []) {
      if (markReplaced(states, peer, `linked to "${next.name}", which ${next.cause}`)) {
        work.push({ name: peer, cause: "is recreated" });
      }
    }
  }
}

/** Marks a staying node with an identity hook as replaced; false if there was nothing to mark. */
function markReplaced(states: NodeStates, name: string, cause: string): boolean {
  if (!states.staying.has(name) || states.replaced.has(name) || !states.hookDecides(name)) return false;
  states.replaced.set(name, cause);
  return true;
}

function* peersByNode(links: readonly LinkState[]): Task<ReadonlyMap<string, readonly string[]>> {
  const peers = new Map<string, string[]>();
  const add = (from: string, to: string) => {
    const list = peers.get(from);
    if (list === undefined) peers.set(from, [to]);
    else list.push(to);
  };
  for (const { ends: [a, b] } of links) {
    add(a.node, b.node);
    add(b.node, a.node);
    yield;
  }
  return peers;
}

/** The links that `a` has beyond `b`: two nodes may be joined by several automatic hooks, so links are counted. */
function* subtract(a: readonly LinkState[], b: readonly LinkState[]): Task<readonly LinkState[]> {
  const counts = new Map<string, number>();
  for (const link of b) {
    const key = linkKey(link);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    yield;
  }
  const rest: LinkState[] = [];
  for (const link of a) {
    const key = linkKey(link);
    const count = counts.get(key) ?? 0;
    counts.set(key, count - 1);
    if (count <= 0) rest.push(link);
    yield;
  }
  return rest;
}

/** True when the links are the same, in the same order: the common case, found without building a text of each. */
function* sameLinks(a: readonly LinkState[], b: readonly LinkState[]): Task<boolean> {
  if (a.length !== b.length) return false;
  for (const [index, link] of a.entries()) {
    const other = b[index];
    if (other === undefined || !link.ends.every((end, side) => sameEnd(end, other.ends[side]))) return false;
    yield;
  }
  return true;
}

function sameEnd(a: End, b: End | undefined): boolean {
  return a.node === b?.node && a.hook === b.hook;
}

/** A text that is equal for links between the same nodes. */
function pairKey({ ends: [a, b] }: LinkState): string {
  return `${a.node} ${b.node}`;
}

/** A text that is equal for equal links. */
export function linkKey(link: LinkState): string {
  return `${formatEnd(link.ends[0])} ${formatEnd(link.ends[1])}`;
}
