/**
 * What an accepted connection has to wait for once its client has ended its direction: an end from what stands behind
 * it, or answers of a datagram socket, which never ends anything, or nothing at all.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import { KEEPING, PASSING, TEE_WAYS } from "../client/peer_closed.ts";

/**
 * - `end`: something behind the hook ends the other direction, sooner or later
 * - `datagrams`: nothing does, though datagrams may come back
 * - `nothing`: what stands behind the hook is shared with others, or leads nowhere
 */
export type Awaited = "end" | "datagrams" | "nothing";

/** What comes back by the hook of an accepted connection whose client has ended its direction. */
export function awaitedBy(hook: Hook): Awaited {
  if (hook.peer === null) return "nothing";
  // Most connections are joined to another one.
  if (isStream(hook.peer)) return "end";
  const seen = new Set<Hook>();
  const open: Hook[] = [hook.peer];
  let awaited: Awaited = "nothing";
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const { node, name } = next;
    const isShared = node.origin.owner === null;
    if (node.type.name === "anchor" || (isShared && KEEPING.has(node.type.name))) continue;
    if (node.type.name === "ksocket") {
      if (isShared) continue;
      if (isStream(next)) return "end";
      awaited = "datagrams";
      continue;
    }
    if (!PASSING.has(node.type.name)) return "end";
    const ways = node.type.name === "tee" ? TEE_WAYS[name] ?? [] : null;
    for (const other of node.hooks.values()) {
      const passes = ways === null ? other !== next : ways.includes(other.name);
      if (passes && other.peer !== null) open.push(other.peer);
    }
  }
  return awaited;
}

function isStream({ node }: Hook): boolean {
  return node.type.name === "ksocket" && node.origin.owner !== null && node.behaviour.flow !== "datagram";
}
