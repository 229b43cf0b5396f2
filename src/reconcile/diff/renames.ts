/**
 * Detects renamed nodes: a removed and an added one are the same if type, hook, messages and links are equal (for the
 * links, except for other new names), or if type, hook and their addresses are. Nodes with each other's addresses have
 * exchanged their names.
 *
 * @module
 */

import { renameReferences } from "../../graph/core/reference.ts";
import { canonicalLink, compareLinks, type GraphState, type NodeState } from "../../graph/data/state.ts";
import { forEachInTurn, type Task } from "../../cooperative.ts";
import type { TypeTable } from "./facts.ts";
import { sameMessages } from "./diff_node.ts";
import { claimsOf, referredNodes } from "./claims.ts";
import { matchRenamed, type Unmatched } from "./graph_matching.ts";

/** Old names by new names. */
export function* findingRenames(
  types: TypeTable,
  observed: GraphState,
  desired: GraphState,
): Task<Map<string, string>> {
  const added = yield* missingIn(observed, desired);
  const removed = yield* missingIn(desired, observed);
  const renames = yield* exchangesTask(types, observed, desired);
  if (added.length === 0 || removed.length === 0) return renames;
  yield* matchReferring({ observed, desired }, { added, removed }, renames);
  // A node with the same exclusive address is the same node, even if more than its name has changed; and then its
  // peers may be the same too.
  const found = renames.size;
  matchHolders(types, { added, removed }, renames);
  if (renames.size > found) yield* matchReferring({ observed, desired }, { added, removed }, renames);
  return renames;
}

/**
 * Nodes each of which has, under the name of the next one, the address of that node: they exchange their names, and
 * none has to release its address.
 */
function* exchangesTask(types: TypeTable, observed: GraphState, desired: GraphState): Task<Map<string, string>> {
  const before = new Map<string, NodeState>();
  yield* forEachInTurn(observed.nodes, (node) => before.set(node.name, node));
  const moved = new Map<string, string>();
  const holders = new Map<string, string>();
  yield* forEachInTurn(desired.nodes, (node) => {
    const previous = before.get(node.name);
    // Nodes with equal messages have equal addresses; most messages need not be parsed.
    if (previous === undefined || isWordForWord(previous, node)) return;
    const places = heldPlaces(types, node);
    const held = heldPlaces(types, previous);
    if (places === null || places === held) return;
    moved.set(node.name, places);
    if (held !== null) holders.set(held, node.name);
  });
  const renames = new Map<string, string>();
  if (moved.size < 2) return renames;
  for (const [name, places] of moved) {
    const from = holders.get(places);
    if (from !== undefined) renames.set(name, from);
    // Several nodes that share an address are paired one by one.
    holders.delete(places);
  }
  closeExchanges(renames, before);
  return renames;
}

function isWordForWord(a: NodeState, b: NodeState): boolean {
  return a === b || (a.type === b.type && a.hook === b.hook && sameMessages(a, b));
}

/** Removes renames to the name of a node that keeps it; and then those that depend on them. */
export function closeExchanges(renames: Map<string, string>, observed: { has(name: string): boolean }): void {
  for (let size = -1; size !== renames.size;) {
    size = renames.size;
    const oldNames = new Set(renames.values());
    for (const to of [...renames.keys()]) if (observed.has(to) && !oldNames.has(to)) renames.delete(to);
  }
}

/** The same as {@linkcode matchRenamed}, including nodes that refer to each other: references follow the names. */
function* matchReferring(
  states: { readonly observed: GraphState; readonly desired: GraphState },
  { added, removed }: Unmatched,
  renames: Map<string, string>,
): Task<void> {
  const refers = removed.some((node) => referredNodes(node).length > 0);
  for (let found = -1; found < renames.size;) {
    found = renames.size;
    const newNames = new Map([...renames].map(([to, from]) => [from, to]));
    yield* matchRenamed(states, { added, removed: removed.map((node) => followNames(node, newNames)) }, renames);
    if (!refers) return;
  }
}

/** A node whose messages refer to others by their future names: new ones by old ones. */
function followNames(node: NodeState, names: ReadonlyMap<string, string>): NodeState {
  if (!referredNodes(node).some((name) => names.has(name))) return node;
  const messages = node.messages.map(({ command, argument }) => {
    return { command, argument: argument === null ? null : renameReferences(argument, names) };
  });
  return { ...node, messages };
}

/** The nodes of one state whose names the other one does not have. */
function* missingIn(there: GraphState, here: GraphState): Task<readonly NodeState[]> {
  const names = new Set<string>();
  yield* forEachInTurn(there.nodes, (node) => names.add(node.name));
  const missing: NodeState[] = [];
  yield* forEachInTurn(here.nodes, (node) => {
    if (!names.has(node.name)) missing.push(node);
  });
  return missing;
}

/** Pairs nodes with the same addresses that are not paired yet. */
function matchHolders(types: TypeTable, { added, removed }: Unmatched, renames: Map<string, string>): void {
  const used = new Set(renames.values());
  const free = new Map<string, string[]>();
  for (const node of removed) {
    const key = used.has(node.name) ? null : heldPlaces(types, node);
    if (key === null) continue;
    const names = free.get(key);
    if (names === undefined) free.set(key, [node.name]);
    else names.push(node.name);
  }
  for (const node of added) {
    const key = renames.has(node.name) ? null : heldPlaces(types, node);
    const from = key === null ? undefined : free.get(key)?.shift();
    if (from !== undefined) renames.set(node.name, from);
  }
}

/** A text that is equal for nodes of one kind with the same addresses; null for those without. */
function heldPlaces(types: TypeTable, node: NodeState): string | null {
  const claims = claimsOf(types, node);
  return claims.length === 0 ? null : JSON.stringify([node.type, node.hook, claims]);
}

/** The state under the names that its nodes will have. */
export function applyRenames(state: GraphState, renames: ReadonlyMap<string, string>): GraphState {
  if (renames.size === 0) return state;
  const names = new Map([...renames].map(([to, from]) => [from, to]));
  const rename = (name: string) => names.get(name) ?? name;
  const links = state.links.map(({ ends: [a, b] }) => {
    return canonicalLink({ ...a, node: rename(a.node) }, { ...b, node: rename(b.node) });
  });
  return {
    ...state,
    nodes: state.nodes.map((node) => ({ ...followNames(node, names), name: rename(node.name) })),
    links: links.sort(compareLinks),
    ...(state.manual === undefined ? {} : { manual: state.manual.map((one) => ({ ...one, node: rename(one.node) })) }),
  };
}
