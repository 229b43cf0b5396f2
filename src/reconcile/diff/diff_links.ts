/**
 * Which links come and go, and which nodes that takes down: a node that is its hook ends with its hook, so that a link
 * given to it, or taken from it, makes it anew, and so does a neighbour that goes.
 *
 * @module
 */

import type { Task } from "../../cooperative.ts";
import type { End, GraphState, LinkState } from "../../graph/data/state.ts";
import { formatEnd } from "../../graph/data/state.ts";

/** What the spreading starts from. */
export interface Fates {
  /** Nodes that are there and stay, by name; all others of `wanted` are new, all others of `observed` go. */
  readonly staying: ReadonlySet<string>;
  /** Staying nodes that are made anew, with the cause; grows. */
  readonly replaced: Map<string, string>;
  /** True for a node that is its one hook. */
  hookDecides(node: string): boolean;
}

/** Links as they change. */
export interface LinkDiff {
  /** Links to be made: new ones, and those whose nodes are made. */
  readonly make: readonly LinkState[];
  /** Links to be taken away by themselves; those of nodes that go, go with them. */
  readonly part: readonly LinkState[];
}

/**
 * Compares links, and adds to `fates.replaced` the nodes that cannot outlive the change.
 *
 * @param observed the observed state, under the names that nodes will have
 */
export function* compareLinkSets(observed: GraphState, desired: GraphState, fates: Fates): Task<LinkDiff> {
  const same = yield* sameLinks(observed.links, desired.links);
  const added = same ? [] : yield* subtract(desired.links, observed.links);
  const removed = same ? [] : yield* subtract(observed.links, desired.links);
  const [comes, goes] = [new Set(added.map(pairKey)), new Set(removed.map(pairKey))];
  for (const [links, other, verb] of [[removed, comes, "removed"], [added, goes, "added"]] as const) {
    for (const link of links) {
      const { ends: [a, b] } = link;
      const word = other.has(pairKey(link)) ? "changed" : verb;
      take(fates, a.node, `link to "${b.node}" ${word}`);
      take(fates, b.node, `link to "${a.node}" ${word}`);
    }
    yield;
  }
  const gone = observed.nodes.filter((node) => !fates.staying.has(node.name)).map((node) => node.name);
  if (gone.length + fates.replaced.size > 0) yield* spread(observed.links, gone, fates);
  const isDown = (name: string) => fates.replaced.has(name) || !fates.staying.has(name);
  const touchesDown = ({ ends: [a, b] }: LinkState) => isDown(a.node) || isDown(b.node);
  const again = new Set(added);
  yield;
  return {
    make: desired.links.filter((link) => again.has(link) || touchesDown(link)),
    part: removed.filter((link) => !touchesDown(link)),
  };
}

/** Makes anew whoever is its hook and is joined to a node that goes, until nobody is left. */
function* spread(links: readonly LinkState[], gone: readonly string[], fates: Fates): Task<void> {
  const neighbours = yield* neighboursOf(links);
  const work: { name: string; cause: string }[] = [
    ...gone.map((name) => ({ name, cause: "goes" })),
    ...[...fates.replaced.keys()].map((name) => ({ name, cause: "is recreated" })),
  ];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    yield;
    for (const neighbour of neighbours.get(next.name) ?? []) {
      if (take(fates, neighbour, `linked to "${next.name}", which ${next.cause}`)) {
        work.push({ name: neighbour, cause: "is recreated" });
      }
    }
  }
}

/** Marks a staying node that is its hook as replaced; false when there was nothing to mark. */
function take(fates: Fates, name: string, cause: string): boolean {
  if (!fates.staying.has(name) || fates.replaced.has(name) || !fates.hookDecides(name)) return false;
  fates.replaced.set(name, cause);
  return true;
}

function* neighboursOf(links: readonly LinkState[]): Task<ReadonlyMap<string, readonly string[]>> {
  const neighbours = new Map<string, string[]>();
  const add = (from: string, to: string) => {
    const list = neighbours.get(from);
    if (list === undefined) neighbours.set(from, [to]);
    else list.push(to);
  };
  for (const { ends: [a, b] } of links) {
    add(a.node, b.node);
    add(b.node, a.node);
    yield;
  }
  return neighbours;
}

/** What `a` has more than `b`: two nodes may be joined by several automatic hooks, so that links are counted. */
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

/** True when the links are the same, in the same order: the common case, told without building a text of each. */
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
