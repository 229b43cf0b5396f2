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

/** What the created nodes need and the removed nodes may still have. */
export interface CreationNeeds {
  /** Nodes that are created or recreated. */
  readonly nodes: readonly NodeState[];
  /** Links that are created. */
  readonly links: readonly LinkState[];
}

/** A node that another topology of the same change creates. */
export interface OtherTopologyNode {
  readonly topology: string;
  readonly node: NodeState;
}

/** The first node of another topology that needs an address of a node; null if there is none. */
export function findNewOwner(
  types: TypeTable,
  node: NodeState,
  createdElsewhere: readonly OtherTopologyNode[],
): OtherTopologyNode | null {
  if (createdElsewhere.length === 0) return null;
  const own = claimsOf(types, node);
  return createdElsewhere.find((other) => {
    return claimsOf(types, other.node).some((claim) => own.some((one) => claimsClash(one, claim)));
  }) ?? null;
}

/** Names the node that gets an address of a removed node, for the cause of its removal; empty for none. */
export function describeNewOwner(
  types: TypeTable,
  node: NodeState,
  createdElsewhere: readonly OtherTopologyNode[],
): string {
  const owner = findNewOwner(types, node, createdElsewhere);
  return owner === null ? "" : `, "${owner.topology}/${owner.node.name}" gets its address`;
}

/** The names of removed nodes that must release an address or a hook before new nodes can use it. */
export function mustBeRemovedFirst(
  types: TypeTable,
  removed: readonly NodeState[],
  options: { observed: GraphState; needs: CreationNeeds },
): ReadonlySet<string> {
  const { observed, needs } = options;
  if (removed.length === 0) return new Set();
  const desired = new Map<string, NamedClaim[]>();
  // The needed hosts of a space: for a port that the system chose, only these can be compared.
  const hosts = new Map<string, Set<string | null>>();
  for (const claim of needs.nodes.flatMap((node) => claimsOf(types, node))) {
    desired.set(placeOf(claim), [...desired.get(placeOf(claim)) ?? [], claim]);
    hosts.set(claim.space, (hosts.get(claim.space) ?? new Set()).add(claim.host));
  }
  const hooks = new Set(needs.links.flatMap((link) => link.ends).filter((end) => end.hook !== null).map(formatEnd));
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
  return new Set(removed.filter((node) => holders.has(node.name) || clashes(node)).map((node) => node.name));
}
