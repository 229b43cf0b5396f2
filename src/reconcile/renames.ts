/**
 * Nodes that only got another name: a removed and an added one of equal type, hook, messages and links are the same.
 *
 * @module
 */

import { formatEnd, formatMessage, type GraphState, type NodeState } from "../graph/state.ts";
import { canonicalLink, compareLinks } from "../graph/state.ts";

/** Old names by new names. */
export function findRenames(observed: GraphState, wanted: GraphState): ReadonlyMap<string, string> {
  const before = new Set(observed.nodes.map((node) => node.name));
  const after = new Set(wanted.nodes.map((node) => node.name));
  const added = wanted.nodes.filter((node) => !before.has(node.name));
  const removed = observed.nodes.filter((node) => !after.has(node.name));
  const renames = new Map<string, string>();
  if (added.length === 0 || removed.length === 0) return renames;
  const linksBefore = linkTexts(observed);
  const linksAfter = linkTexts(wanted);
  const free = new Map<string, string[]>();
  for (const node of removed) {
    const key = signature(node, linksBefore);
    free.set(key, [...free.get(key) ?? [], node.name]);
  }
  for (const node of added) {
    const from = free.get(signature(node, linksAfter))?.shift();
    if (from !== undefined) renames.set(node.name, from);
  }
  return renames;
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
