/**
 * Addresses that a plan needs and a node of another topology has: applying it would fail. A pure function.
 *
 * @module
 */

import { claimsClash, type NamedClaim } from "../../graph/data/claim.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { forEachInTurn, type Task } from "../../cooperative.ts";
import type { TypeTable } from "../diff/facts.ts";
import { claimsOf, placeOf } from "../diff/claims.ts";
import { createdIn, type Plan } from "./plan.ts";

/** An address that two nodes need. */
export interface PlanConflict {
  /** The node of the plan. */
  readonly node: string;
  /** The address in ASCII form. */
  readonly address: string;
  /** The node that has it: `web/front`. */
  readonly holder: string;
}

/** A conflict in words: `"web/front" needs inet/127.0.0.1:80, which "old/front" has`. */
export function describeConflict(topology: string, { node, address, holder }: PlanConflict): string {
  return `"${topology}/${node}" needs ${address}, which "${holder}" has`;
}

/** The claims of a plan's new nodes that nodes of other topologies have. */
export function* findConflicts(
  { plan, desired }: { readonly plan: Plan; readonly desired: GraphState },
  others: readonly GraphState[],
  types: TypeTable,
): Task<readonly PlanConflict[]> {
  const made = createdIn(plan, desired);
  if (made.length === 0) return [];
  const held = new Map<string, { readonly claim: NamedClaim; readonly holder: string }[]>();
  for (const { name: topology, nodes } of others) {
    yield* forEachInTurn(nodes, (node) => {
      for (const claim of claimsOf(types, node)) {
        const place = placeOf(claim);
        held.set(place, [...held.get(place) ?? [], { claim, holder: `${topology}/${node.name}` }]);
      }
    });
  }
  if (held.size === 0) return [];
  const conflicts: PlanConflict[] = [];
  yield* forEachInTurn(made, ({ node }) => {
    for (const claim of claimsOf(types, node)) {
      const other = held.get(placeOf(claim))?.find((one) => claimsClash(one.claim, claim));
      if (other !== undefined) conflicts.push({ node: node.name, address: claim.text, holder: other.holder });
    }
  });
  return conflicts;
}
