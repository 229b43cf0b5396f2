/**
 * The connections that end with a shared node: those that are joined to it, directly or by the copy of a template.
 * Otherwise the copy would stay, and its connection would be open and lead nowhere.
 *
 * @module
 */

import type { Hook } from "./hook.ts";
import type { Node } from "./node.ts";

/**
 * True for a hook of a connection, or of a copy of a template made for one, where the connection leads nowhere without
 * the hook's peer.
 */
export function endsWithPeer({ node, name }: Hook): boolean {
  return node.origin.owner !== null && !node.type.isTap(name);
}

/** The connections whose copies are joined to a declared node that they share, and end with it. */
export function connectionsThrough(node: Node): readonly Node[] {
  if (!node.origin.declared) return [];
  const connections = new Set<Node>();
  for (const { peer } of node.hooks.values()) {
    if (peer === null || peer.node.origin.template === null || !endsWithPeer(peer)) continue;
    if (peer.node.origin.owner !== null) connections.add(peer.node.origin.owner);
  }
  return [...connections];
}
