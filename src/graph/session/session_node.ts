/**
 * Nodes as the listings of sessions have them.
 *
 * @module
 */

import { anchorType } from "../message/anchor.ts";
import type { Node } from "../core/node.ts";
import type { SessionHook, SessionNode } from "./session.ts";

/** A node and its hooks as plain data. */
export function describeNode(node: Node): SessionNode {
  const hooks = [...node.hooks.values()].reverse().map((hook): SessionHook => {
    const { name, peer } = hook;
    if (peer === null) return { name, peer: null };
    const { id, type } = peer.node;
    return { name, peer: { hook: peer.name, id, name: nameOf(peer.node), type: type.name } };
  });
  return { id: node.id, name: nameOf(node), type: node.type.name, hooks };
}

function nameOf(node: Node): string | null {
  if (node.type.name === anchorType.name) return `${node.origin.scope}/`;
  return node.name === null ? null : node.path;
}
