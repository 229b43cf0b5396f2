/**
 * The nodes behind the hook of a connection whose peer has ended its direction: whether they end the other direction,
 * or answer, or do neither.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import type { Node } from "../../../graph/core/node.ts";

/** Types of node that pass on an end and never create one. */
export const PASSING: ReadonlySet<string> = new Set(["tee", "frame", "split", "pipe", "patch"]);
/** Types of node that keep an end. */
const KEEPING: ReadonlySet<string> = new Set(["hub", "bridge", "one2many"]);
/** The hook of a tee to which an end is passed on, by the hook at which it arrives. */
const TEE_WAYS: Readonly<Record<string, readonly string[]>> = {
  left: ["right", "left2right"],
  right: ["left", "right2left"],
};

/**
 * - `end`: a node behind the hook ends the other direction, sooner or later
 * - `datagrams`: no node does, but datagrams may follow
 * - `nothing`: the nodes behind the hook are shared with other connections, or lead nowhere
 */
export type Awaited = "end" | "datagrams" | "nothing";

/** What is still expected from the hook of an accepted connection whose client has ended its direction. */
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

/** True if no node behind the hook can answer an end with an end. */
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
