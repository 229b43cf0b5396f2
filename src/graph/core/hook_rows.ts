/**
 * Hooks as rows of counts. Those of connections and copies, and those that lead to such, share a row: these come and go
 * by the thousand, and are not known one by one.
 *
 * @module
 */

import { type Carried, type HookRow, UNCOUNTED } from "../data/counts.ts";
import type { Hook } from "./hook.ts";
import type { Node } from "./node.ts";
import type { HookSnapshot } from "../data/snapshot.ts";

/** The row in which a hook counts; its peer is known. */
export function rowFor(hook: Hook): HookRow {
  const { node, name, automatic, peer } = hook;
  const { counts, origin: { owner, template } } = node;
  // The anchor of a scope holds nodes; nothing passes it.
  if (node.type.name === "anchor") return UNCOUNTED;
  if (node.type.hookDecides && owner === null) counts.hook = name;
  if (template !== null) return templateRow(hook);
  if (owner !== null) return listenerRow(owner) ?? counts.firstRow ?? counts.row({ name });
  if (peer === null || !isFolded(peer.node)) return counts.row({ name, automatic });
  return counts.row({ name: foldedName(hook), automatic, origin: originOf(peer.node), stays: true });
}

/**
 * The hooks of a node as they are shown, and what is not shown by itself: those that lead to connections and copies are
 * one for each place that these come from, and stay when the last of them has gone.
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

/** What connections carry is what their listener's hook carries. */
function listenerRow(listener: Node): HookRow | null {
  for (const hook of listener.hooks.values()) return hook.row;
  return null;
}

/** One that was made by hand has no name either, and belongs to no listener. */
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

/** Where a node without a name comes from: its listener, or the template it is a copy of. */
function originOf({ name, origin: { template, owner } }: Node): string {
  return name ?? template ?? (owner === null ? "" : originOf(owner));
}
