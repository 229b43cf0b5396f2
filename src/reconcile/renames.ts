/**
 * Nodes that got another name: a removed and an added one are the same where type, hook, messages and links are equal
 * (of the links, but for other names that are new), or where type, hook and the addresses that they hold are.
 *
 * @module
 */

import { renameReferences } from "../graph/reference.ts";
import { canonicalLink, compareLinks, type GraphState, type NodeState } from "../graph/state.ts";
import { each, type Work } from "../pace.ts";
import type { TypeTable } from "./facts.ts";
import { claimsOf, referredNodes } from "./order.ts";
import { matchShapes, type Unmatched } from "./same_shape.ts";

/** Old names by new names. */
export function* findingRenames(
  types: TypeTable,
  observed: GraphState,
  wanted: GraphState,
): Work<Map<string, string>> {
  const added = yield* missingIn(observed, wanted);
  const removed = yield* missingIn(wanted, observed);
  const renames = new Map<string, string>();
  if (added.length === 0 || removed.length === 0) return renames;
  yield* matchReferring({ observed, wanted }, { added, removed }, renames);
  // Who has the same address to itself is the same, whatever else is changed along with its name; and then those whom it
  // is linked to may be.
  const found = renames.size;
  matchHolders(types, { added, removed }, renames);
  if (renames.size > found) yield* matchReferring({ observed, wanted }, { added, removed }, renames);
  return renames;
}

/** The same as {@linkcode matchShapes}, also of nodes that refer to each other: what refers to a name follows it. */
function* matchReferring(
  states: { readonly observed: GraphState; readonly wanted: GraphState },
  { added, removed }: Unmatched,
  renames: Map<string, string>,
): Work<void> {
  const refers = removed.some((node) => referredNodes(node).length > 0);
  for (let found = -1; found < renames.size;) {
    found = renames.size;
    const news = new Map([...renames].map(([to, from]) => [from, to]));
    yield* matchShapes(states, { added, removed: removed.map((node) => followNames(node, news)) }, renames);
    if (!refers) return;
  }
}

/** A node whose messages refer to others by the names that these will have: new ones by old ones. */
function followNames(node: NodeState, names: ReadonlyMap<string, string>): NodeState {
  if (!referredNodes(node).some((name) => names.has(name))) return node;
  const messages = node.messages.map(({ command, argument }) => {
    return { command, argument: argument === null ? null : renameReferences(argument, names) };
  });
  return { ...node, messages };
}

/** The nodes of one state whose names the other one does not have. */
function* missingIn(there: GraphState, here: GraphState): Work<readonly NodeState[]> {
  const names = new Set<string>();
  yield* each(there.nodes, (node) => names.add(node.name));
  const missing: NodeState[] = [];
  yield* each(here.nodes, (node) => {
    if (!names.has(node.name)) missing.push(node);
  });
  return missing;
}

/** Pairs nodes that hold the same addresses and have no other yet. */
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

/** A text that is equal for nodes of one kind that hold the same addresses; null for those that hold none. */
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
