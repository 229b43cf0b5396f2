/**
 * The nodes that one `each` declares as one box with a count. Nodes that are not ready keep their own boxes.
 *
 * @module
 */

import type { Drawing, DrawnEdge, DrawnEnd, DrawnNode } from "./drawing.ts";
import type { DrawnOutside } from "./outside.ts";

/** Folds the nodes of each group: the group of a node by the node's name in the drawing, such as `game-*`. */
export function foldDrawing(drawing: Drawing, groups: ReadonlyMap<string, string>): Drawing {
  const members = membersOf(drawing, groups);
  if (members.size === 0) return drawing;
  const names = new Map([...members].flatMap(([name, nodes]) => nodes.map((node) => [node.name, name] as const)));
  const nameOf = (name: string): string => names.get(name) ?? name;
  const nodes = drawing.nodes.flatMap((node): readonly DrawnNode[] => {
    const all = members.get(nameOf(node.name));
    return all === undefined ? [node] : node === all[0] ? [foldNodes(nameOf(node.name), all)] : [];
  });
  const placed = (end: DrawnEnd): DrawnEnd => ({ ...end, node: nameOf(end.node) });
  const edges = drawing.edges.map((edge): DrawnEdge => ({ ...edge, from: placed(edge.from), to: placed(edge.to) }));
  return {
    ...drawing,
    nodes,
    edges: unique(edges, (edge) => keyOfEdge(edge, members)),
    outside: foldOutside(drawing.outside, names),
  };
}

/** The groups of the nodes of a topology and of its templates, by the nodes' names in a drawing. */
export function groupsOf(
  nodes: readonly { readonly name: string; readonly group?: string }[],
  prefix = "",
): ReadonlyMap<string, string> {
  return new Map(nodes.flatMap(({ name, group }) => group === undefined ? [] : [[prefix + name, prefix + group]]));
}

/** Groups of several nodes that look alike, by the name of their box. */
function membersOf({ nodes }: Drawing, groups: ReadonlyMap<string, string>): ReadonlyMap<string, readonly DrawnNode[]> {
  const found = new Map<string, DrawnNode[]>();
  for (const node of nodes) {
    const group = groups.get(node.name);
    if (group === undefined || (node.state !== null && node.state !== "ready")) continue;
    const known = found.get(group);
    if (known === undefined) found.set(group, [node]);
    else if (known[0]?.type === node.type && known[0].hook === node.hook) known.push(node);
  }
  return new Map([...found].filter(([, { length }]) => length > 1));
}

function foldNodes(name: string, nodes: readonly [DrawnNode, ...DrawnNode[]] | readonly DrawnNode[]): DrawnNode {
  const [first, ...others] = nodes;
  if (first === undefined) throw new RangeError("A group has no nodes");
  const last = others.at(-1) ?? first;
  const addresses = first.addresses.flatMap((address, index) => {
    const other = last.addresses[index];
    return other === undefined || other === address ? [address] : [`${address} … ${lastWord(other)}`];
  });
  return { ...first, name, addresses, counters: [`${nodes.length.toLocaleString("en")} nodes`] };
}

/** The address of `bind inet/127.0.0.1:80`. */
function lastWord(line: string): string {
  return line.slice(line.lastIndexOf(" ") + 1);
}

/** Clients and targets once for each group: those of its first node, with the number of others. */
function foldOutside(outside: readonly DrawnOutside[], names: ReadonlyMap<string, string>): readonly DrawnOutside[] {
  const groups = new Map<string, Map<string, DrawnOutside[]>>();
  const kept: DrawnOutside[] = [];
  for (const one of outside) {
    const name = names.get(one.node);
    if (name === undefined) {
      kept.push(one);
      continue;
    }
    const kinds = groups.get(name) ?? new Map<string, DrawnOutside[]>();
    groups.set(name, kinds);
    kinds.set(one.kind, [...kinds.get(one.kind) ?? [], one]);
  }
  for (const [name, kinds] of groups) {
    for (const [kind, all] of kinds) {
      const [first] = all;
      if (first === undefined) continue;
      const texts = new Set(all.map(({ lines }) => lines.join(" ")));
      const more = texts.size === 1 ? [] : [`and ${(texts.size - 1).toLocaleString("en")} more`];
      kept.push({ ...first, id: `${kind} ${name}`, node: name, target: null, lines: [...first.lines, ...more] });
    }
  }
  return kept;
}

/** Edges of the nodes of a group are one if they leave by the same hook: at the other end each may have its own. */
function keyOfEdge({ kind, from, to }: DrawnEdge, members: ReadonlyMap<string, unknown>): string {
  const isFolded = members.has(from.node) || members.has(to.node);
  if (!isFolded) return JSON.stringify([kind, from, to]);
  const ends = [from, to].map(({ node, label }) => `${node} ${members.has(node) ? label : null}`);
  return JSON.stringify([kind, ...ends.toSorted()]);
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
