/**
 * Nodes that got another name: a removed and an added one are the same where type, hook, messages and links are equal,
 * or where type, hook and the addresses that they hold are.
 *
 * @module
 */

import { formatEnd, formatMessage, type GraphState, type NodeState } from "../graph/state.ts";
import { canonicalLink, compareLinks } from "../graph/state.ts";
import { each, type Work } from "../pace.ts";
import type { TypeTable } from "./facts.ts";
import { claimsOf } from "./order.ts";

/** Old names by new names. */
export function* findingRenames(
  types: TypeTable,
  observed: GraphState,
  wanted: GraphState,
): Work<ReadonlyMap<string, string>> {
  const added = yield* missingIn(observed, wanted);
  const removed = yield* missingIn(wanted, observed);
  const renames = new Map<string, string>();
  if (added.length === 0 || removed.length === 0) return renames;
  const [linksBefore, linksAfter] = [linkTexts(observed), linkTexts(wanted)];
  match({ added, removed, renames }, {
    before: (node) => signature(node, linksBefore),
    after: (node) => signature(node, linksAfter),
  });
  // Who has the same address to itself is the same, whatever else is changed along with its name.
  const held = (node: NodeState) => heldPlaces(types, node);
  match({ added, removed, renames }, { before: held, after: held });
  return renames;
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

/** Pairs nodes of equal keys that have no other yet; a key that is null is equal to none. */
function match(
  { added, removed, renames }: {
    readonly added: readonly NodeState[];
    readonly removed: readonly NodeState[];
    readonly renames: Map<string, string>;
  },
  keys: { before(node: NodeState): string | null; after(node: NodeState): string | null },
): void {
  const used = new Set(renames.values());
  const free = new Map<string, string[]>();
  for (const node of removed) {
    const key = used.has(node.name) ? null : keys.before(node);
    if (key === null) continue;
    const names = free.get(key);
    if (names === undefined) free.set(key, [node.name]);
    else names.push(node.name);
  }
  for (const node of added) {
    const key = renames.has(node.name) ? null : keys.after(node);
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
    nodes: state.nodes.map((node) => ({ ...node, name: rename(node.name) })),
    links: links.sort(compareLinks),
  };
}

function signature(node: NodeState, links: ReadonlyMap<string, readonly string[]>): string {
  const messages = node.messages.map(formatMessage);
  return JSON.stringify([node.type, node.hook, node.restart, messages, [...links.get(node.name) ?? []].sort()]);
}

/** Each node's links as `own hook → far end`. */
function linkTexts(state: GraphState): ReadonlyMap<string, readonly string[]> {
  const texts = new Map<string, string[]>();
  for (const { ends: [a, b] } of state.links) {
    for (const [own, far] of [[a, b], [b, a]] as const) {
      const list = texts.get(own.node) ?? [];
      list.push(`${own.hook ?? ""} ${formatEnd(far)}`);
      texts.set(own.node, list);
    }
  }
  return texts;
}
