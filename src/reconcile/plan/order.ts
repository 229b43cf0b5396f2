/**
 * The order in which nodes receive their messages, and which nodes must end before others are created.
 *
 * @module
 */

import { claimsClash, isNamed, type NamedClaim } from "../../graph/data/claim.ts";
import { formatEnd, type GraphState, type LinkState, type NodeState } from "../../graph/data/state.ts";
import { allClaimsOf, claimsOf, placeOf, referredNodes } from "../diff/claims.ts";
import type { TypeTable } from "../diff/facts.ts";

/**
 * The nodes in their given order, except that a node follows those of its `depends`, those to whose replies its messages
 * refer, and pools that it connects through.
 */
export function orderByReferences(nodes: readonly NodeState[]): readonly NodeState[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const visited = new Set<string>();
  const ordered: NodeState[] = [];
  const visit = (node: NodeState) => {
    // A cycle is a diagnostic of the loader; here it only must terminate.
    if (visited.has(node.name)) return;
    visited.add(node.name);
    for (const name of [...node.depends ?? [], ...referredNodes(node), ...poolsOf(node)]) {
      const other = byName.get(name);
      if (other !== undefined) visit(other);
    }
    ordered.push(node);
  };
  for (const node of nodes) visit(node);
  return ordered;
}

/** The pools that a node's messages name: as every address, they are plain to see in the text. */
function poolsOf({ messages }: NodeState): readonly string[] {
  return messages.flatMap(({ argument }) => {
    return [...(argument ?? "").matchAll(POOL)].flatMap(([, name]) => name === undefined ? [] : [name]);
  });
}

const POOL = /(?<![\w/.-])pool\/([^\s{}[\]="$]+)/g;

/** What coming nodes need that leaving ones may still hold. */
export interface Arrivals {
  /** Nodes that are created or recreated. */
  readonly nodes: readonly NodeState[];
  /** Links that are created. */
  readonly links: readonly LinkState[];
}

/** A node that another topology of the same change creates. */
export interface Neighbour {
  readonly topology: string;
  readonly node: NodeState;
}

/** The first neighbour that needs an address of a node; null if there is none. */
export function findTaker(types: TypeTable, node: NodeState, neighbours: readonly Neighbour[]): Neighbour | null {
  if (neighbours.length === 0) return null;
  const own = claimsOf(types, node);
  return neighbours.find((other) => {
    return claimsOf(types, other.node).some((claim) => own.some((one) => claimsClash(one, claim)));
  }) ?? null;
}

/** Names the neighbour that takes over an address of a removed node, for the cause of its removal; empty for none. */
export function describeTaker(types: TypeTable, node: NodeState, neighbours: readonly Neighbour[]): string {
  const taker = findTaker(types, node, neighbours);
  return taker === null ? "" : `, "${taker.topology}/${taker.node.name}" gets its address`;
}

/** The names of removed nodes that must release an address or a hook before new nodes can use it. */
export function mustLeaveFirst(
  types: TypeTable,
  leaving: readonly NodeState[],
  options: { observed: GraphState; arrivals: Arrivals },
): ReadonlySet<string> {
  const { observed, arrivals } = options;
  if (leaving.length === 0) return new Set();
  const desired = new Map<string, NamedClaim[]>();
  // The needed hosts of a space: for a port that the system chose, only these can be compared.
  const hosts = new Map<string, Set<string | null>>();
  for (const claim of arrivals.nodes.flatMap((node) => claimsOf(types, node))) {
    desired.set(placeOf(claim), [...desired.get(placeOf(claim)) ?? [], claim]);
    hosts.set(claim.space, (hosts.get(claim.space) ?? new Set()).add(claim.host));
  }
  const hooks = new Set(arrivals.links.flatMap((link) => link.ends).filter((end) => end.hook !== null).map(formatEnd));
  const holders = new Set<string>();
  for (const { ends: [a, b] } of observed.links) {
    if (hooks.has(formatEnd(a))) holders.add(b.node);
    if (hooks.has(formatEnd(b))) holders.add(a.node);
  }
  const clashes = (node: NodeState) =>
    allClaimsOf(types, node).some((claim) => {
      if (isNamed(claim)) return desired.get(placeOf(claim))?.some((other) => claimsClash(claim, other));
      const others = hosts.get(claim.space);
      return others !== undefined && (claim.host === null || others.has(null) || others.has(claim.host));
    });
  return new Set(leaving.filter((node) => holders.has(node.name) || clashes(node)).map((node) => node.name));
}
