/**
 * Hooks as rows of counts. Hooks of connections and copies, and hooks that lead to them, share a row: there are
 * thousands of them, and they are not shown separately.
 *
 * @module
 */

import { type Carried, type HookRow, type HookSnapshot, UNCOUNTED } from "../data/counts.ts";
import type { Hook } from "./hook.ts";
import type { Node } from "./node.ts";

/** The row of a hook whose peer is known. */
export function rowFor(hook: Hook): HookRow {
  const { node, name, automatic, peer } = hook;
  const { counts, origin: { owner, template } } = node;
  // The anchor of a scope holds nodes; no data passes it.
  if (node.type.name === "anchor") return UNCOUNTED;
  if (node.type.hookDecides && owner === null) counts.hook = name;
  if (template !== null) return templateRow(hook);
  if (owner !== null) return listenerRow(owner) ?? counts.firstRow ?? counts.row({ name });
  if (peer === null || !isFolded(peer.node)) return counts.row({ name, automatic });
  return counts.row({ name: foldedName(hook), automatic, origin: originOf(peer.node), stays: true });
}

/**
 * The hooks of a node as they are shown. Hooks that lead to connections and copies are shown as one per origin, which
 * stays after the last of them has ended.
 */
export function snapshotHooks(node: Node): {
  readonly hooks: readonly HookSnapshot[];
  readonly removed: Carried | null;
} {
  if (node.origin.owner !== null) {
    return {
      hooks: [...node.hooks.values()].map((hook) => ({ ...hook.carried(), peer: peerOf(hook) })),
      removed: null,
    };
  }
  const shown = new Set<HookRow>();
  const hooks: HookSnapshot[] = [];
  for (const hook of node.hooks.values()) {
    const { row } = hook;
    if (shown.has(row)) continue;
    shown.add(row);
    hooks.push(row.stays ? row.snapshot() : row.snapshot(hook.name, peerOf(hook)));
  }
  const { rows, removed } = node.counts.others(shown);
  return { hooks: [...hooks, ...rows], removed };
}

function templateRow({ node, name, automatic }: Hook): HookRow {
  const { counts } = node;
  if (node.type.hookDecides) counts.hook = name;
  return counts.row({ name, automatic, stays: true });
}

/** Data of connections counts for their listener's hook. */
function listenerRow(listener: Node): HookRow | null {
  for (const hook of listener.hooks.values()) return hook.row;
  return null;
}

/** A manually created one has no name either, and belongs to no listener. */
function isFolded({ name, type, origin }: Node): boolean {
  return name === null && origin.owner !== null && type.name !== "anchor";
}

/** `echo*` for `echo3`. */
function foldedName({ name, automatic }: Hook): string {
  return automatic ? name.replace(/\d+$/, "*") : name;
}

function peerOf({ peer }: Hook): string | null {
  if (peer === null || peer.node.type.name === "anchor") return null;
  const { node } = peer;
  return isFolded(node) ? originOf(node) : `${node.name ?? node.path}:${peer.name}`;
}

/** The origin of a node without a name: its listener, or the template of which it is a copy. */
function originOf({ name, origin: { template, owner } }: Node): string {
  return name ?? template ?? (owner === null ? "" : originOf(owner));
}
