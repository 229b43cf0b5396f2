/**
 * The resources of nodes: exclusive addresses, and nodes to whose replies their messages refer.
 *
 * @module
 */

import { type Claim, isNamed, type NamedClaim } from "../../graph/data/claim.ts";
import { findReferences } from "../../graph/core/reference.ts";
import type { NodeState } from "../../graph/data/state.ts";
import { checkedMessages, type TypeTable } from "./facts.ts";

/** The names of the nodes to whose replies a node's messages refer. */
export function referredNodes(node: NodeState): readonly string[] {
  return node.messages.flatMap(({ argument }) => {
    return argument === null ? [] : findReferences(argument).map((reference) => reference.node);
  });
}

/** The exclusive resources of a node that its messages name. */
export function claimsOf(types: TypeTable, node: NodeState): readonly NamedClaim[] {
  return allClaimsOf(types, node).filter(isNamed);
}

/** A text that is equal for claims that may clash. */
export function placeOf(claim: NamedClaim): string {
  return `${claim.space} ${claim.place}`;
}

/** Computing the claims of a node from all of its messages takes time, and a plan needs them several times. */
const CLAIMS = new WeakMap<TypeTable, WeakMap<NodeState, readonly Claim[]>>();

/** The same, including those that the system will choose, such as a port. */
export function allClaimsOf(types: TypeTable, node: NodeState): readonly Claim[] {
  const type = types.get(node.type);
  if (type === undefined) return [];
  let known = CLAIMS.get(types);
  if (known === undefined) CLAIMS.set(types, known = new WeakMap());
  const earlier = known.get(node);
  if (earlier !== undefined) return earlier;
  const { hook } = node;
  const claims = type.claims({ hook, messages: checkedMessages(types, node), linked: false, inTemplate: false });
  known.set(node, claims);
  return claims;
}
