/**
 * Two nodes must not claim the same address.
 *
 * @module
 */

import { claimsClash, isNamed, type NamedClaim } from "../../graph/data/claim.ts";
import { linkedNodes } from "./check_nodes.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import type { ResolvedGraph, ResolvedNode } from "../resolve/resolved.ts";
import type { Span } from "../parse/source.ts";

interface Claimed {
  readonly node: ResolvedNode;
  readonly claim: NamedClaim;
}

/** Reports the second of two claims that the system would reject. */
export function checkClaims(graph: ResolvedGraph, collector: DiagnosticCollector): void {
  const places = new Map<string, Claimed[]>();
  for (const claimed of claimsOf(graph)) {
    const { node, claim } = claimed;
    const key = `${claim.space} ${claim.place}`;
    const earlier = places.get(key) ?? [];
    const other = earlier.find((one) => one.node !== node && claimsClash(one.claim, claim));
    if (other !== undefined) reportClash(claimed, other, collector);
    earlier.push(claimed);
    places.set(key, earlier);
  }
}

function claimsOf(graph: ResolvedGraph): readonly Claimed[] {
  const linked = linkedNodes(graph);
  return [...graph.nodes.values()].flatMap((node) => {
    const { type, hook } = node;
    if (type === null || (type.hookDecides && hook === null)) return [];
    const messages = node.messages.map((message) => message.checked);
    const claims = type.claims({ hook, messages, linked: linked.has(node), inTemplate: false });
    return claims.filter(isNamed).map((claim) => ({ node, claim }));
  });
}

function reportClash(claimed: Claimed, other: Claimed, collector: DiagnosticCollector): void {
  const { claim, node } = other;
  const as = claimed.claim.text === claim.text ? "" : ` as "${claim.text}"`;
  collector.error("address-conflict", {
    message: `Address "${claimed.claim.text}" is already used by node "${node.name}"${as}`,
    span: placeOf(claimed),
    related: [{ message: `node "${node.name}" uses it here`, span: placeOf(other) }],
  });
}

/** The message that names the address, or the node. */
function placeOf({ node, claim }: Claimed): Span {
  const message = node.messages.find((one) => one.state.argument === claim.text) ??
    node.messages.find((one) => one.state.argument?.includes(claim.text) === true);
  if (message === undefined) return node.declaration.name.span;
  const { argument, span } = message.declaration;
  if (argument.kind === "ascii") return span;
  return argument.kind === "literal" ? argument.value.span : span;
}
