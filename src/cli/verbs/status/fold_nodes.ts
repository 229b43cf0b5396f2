/**
 * The nodes that one `each` declares as one row: those that need no attention. The others keep their own rows.
 *
 * @module
 */

import { carriedBy } from "../../../reconcile/status/status_hook.ts";
import type { NodeStatus } from "../../../reconcile/status/status_types.ts";

/** Several nodes of a group that are ready. */
export interface FoldedNodes {
  /** Such as `game-*`. */
  readonly group: string;
  readonly nodes: readonly [NodeStatus, ...NodeStatus[]];
}

/** The sums of a row of nodes. */
export interface FoldedCounts {
  readonly active: number;
  readonly total: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Nodes as rows, in their order; a group is where its first ready node is. */
export function foldNodes(nodes: readonly NodeStatus[]): readonly (NodeStatus | FoldedNodes)[] {
  const groups = new Map<string, NodeStatus[]>();
  for (const node of nodes.filter(isCalm)) {
    const group = node.group ?? "";
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [node]);
    else known.push(node);
  }
  return nodes.flatMap((node): readonly (NodeStatus | FoldedNodes)[] => {
    const [first, second, ...others] = isCalm(node) ? groups.get(node.group ?? "") ?? [] : [];
    if (first === undefined || second === undefined) return [node];
    return node === first ? [{ group: node.group ?? "", nodes: [first, second, ...others] as const }] : [];
  });
}

/** True for a row of several nodes. */
export function isFolded(row: NodeStatus | FoldedNodes): row is FoldedNodes {
  return "nodes" in row;
}

/** The sums of several nodes. */
export function countsOf({ nodes }: FoldedNodes): FoldedCounts {
  return nodes.reduce((sums, node) => {
    const carried = carriedBy(node);
    return {
      active: sums.active + (node.connections?.active ?? 0),
      total: sums.total + (node.connections?.total ?? 0),
      bytesIn: sums.bytesIn + carried.in.bytes,
      bytesOut: sums.bytesOut + carried.out.bytes,
    };
  }, { active: 0, total: 0, bytesIn: 0, bytesOut: 0 });
}

/** The notes of the nodes of groups: one that several nodes of a group have is listed once. */
export function groupNotes(nodes: readonly NodeStatus[]): readonly { readonly name: string; readonly note: string }[] {
  const found = new Map<string, { readonly group: string; readonly note: string; readonly names: string[] }>();
  for (const { name, group, notes } of nodes) {
    if (group === undefined) continue;
    for (const note of notes) {
      const key = `${group} ${note}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { group, note, names: [name] });
      else known.names.push(name);
    }
  }
  return [...found.values()].map(({ group, note, names }) => {
    const [name = group, second] = names;
    return { name: second === undefined ? name : `${group} (${names.length} nodes)`, note };
  });
}

function isCalm({ group, state }: NodeStatus): boolean {
  return group !== undefined && state === "ready";
}
