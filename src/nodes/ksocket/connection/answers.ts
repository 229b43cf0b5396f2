/**
 * What stands behind the hook of a connection whose peer has ended its direction: whether something there ends the other
 * direction, or answers, or nothing does.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import type { Node } from "../../../graph/core/node.ts";

/** Types of node that pass an end on and never make one. */
export const PASSING: ReadonlySet<string> = new Set(["tee", "frame", "split", "pipe", "patch"]);
/** Types of node that keep an end. */
const KEEPING: ReadonlySet<string> = new Set(["hub", "bridge", "one2many"]);
/** Where an end goes on to from a hook of a tee. */
const TEE_WAYS: Readonly<Record<string, readonly string[]>> = {
  left: ["right", "left2right"],
  right: ["left", "right2left"],
};

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

/** True where nothing that the hook's other end leads to can answer an end with one. */
export function leadsOneWay(hook: Hook, anchor: Node): boolean {
  const seen = new Set<Hook>();
  const open: Hook[] = hook.peer === null ? [] : [hook.peer];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const { node, name } = next;
    if (node === anchor || KEEPING.has(node.type.name)) continue;
    if (node.type.name === "ksocket") {
      if (node.behaviour.flow !== "datagram") return false;
      continue;
    }
    if (!PASSING.has(node.type.name)) return false;
    const ways = node.type.name === "tee" ? TEE_WAYS[name] ?? [] : null;
    for (const other of node.hooks.values()) {
      const passes = ways === null ? other !== next : ways.includes(other.name);
      if (passes && other.peer !== null) open.push(other.peer);
    }
  }
  return true;
}

function isStream({ node }: Hook): boolean {
  return node.type.name === "ksocket" && node.origin.owner !== null && node.behaviour.flow !== "datagram";
}
