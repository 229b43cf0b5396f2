/**
 * What nodes need: addresses for themselves alone, and nodes whose replies their messages refer to.
 *
 * @module
 */

import { type Claim, isNamed, type NamedClaim } from "../../graph/data/claim.ts";
import { findReferences } from "../../graph/core/reference.ts";
import type { NodeState } from "../../graph/data/state.ts";
import { checkedMessages, type TypeTable } from "./facts.ts";

/** The names of the nodes whose replies a node's messages refer to. */
export function referredNodes(node: NodeState): readonly string[] {
  return node.messages.flatMap(({ argument }) => {
    return argument === null ? [] : findReferences(argument).map((reference) => reference.node);
  });
}

/** What a node needs for itself alone, as far as its messages name it. */
export function claimsOf(types: TypeTable, node: NodeState): readonly NamedClaim[] {
  return allClaimsOf(types, node).filter(isNamed);
}

/** A text that is equal for claims that may clash. */
export function placeOf(claim: NamedClaim): string {
  return `${claim.space} ${claim.place}`;
}

/** Reading all messages of a node for what it claims costs some time, and a plan asks several times. */
const CLAIMS = new WeakMap<TypeTable, WeakMap<NodeState, readonly Claim[]>>();

/** The same with what the system will choose, such as a port. */
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
