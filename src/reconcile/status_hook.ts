/**
 * Hooks in the words of status. Accepted connections and copies of templates have no name but their ID, and come and go:
 * hooks that lead to them are folded into one for each place they come from.
 *
 * @module
 */

import type { NodeReport, Traffic } from "../graph/report.ts";
import type { HookSnapshot, NodeSnapshot, ScopeSnapshot } from "../graph/snapshot.ts";
import type { HookStatus } from "./status_types.ts";

/** Tells where a node without a name comes from, by its ID: its listener, or the template it is a copy of. */
export type OriginOf = (id: string) => string;

/** No traffic. */
export const NO_TRAFFIC: Traffic = { bytes: 0, items: 0 };

/** Where the unnamed nodes of a scope come from. */
export function originsOf(snapshot: ScopeSnapshot | null): OriginOf {
  let nodes: ReadonlyMap<string, NodeSnapshot> | null = null;
  const origin = (id: string): string => {
    // Most topologies have no connections at the moment, and nobody asks.
    nodes ??= new Map(snapshot?.nodes.map((node) => [node.id, node]));
    const node = nodes.get(id);
    if (node === undefined) return "";
    return node.name ?? node.template ?? (node.owner === null ? "" : origin(node.owner));
  };
  return origin;
}

/**
 * The hooks of a node.
 *
 * @param carried what a socket, or all connections of a listener, took from the network and gave to it, which is what
 * people ask of its one hook; null for what is no socket
 */
export function hookStatuses(
  hooks: readonly HookSnapshot[],
  options: { carried: NodeReport["traffic"]; originOf: OriginOf },
): readonly HookStatus[] {
  const { carried, originOf } = options;
  const folded = new Map<string, HookStatus>();
  for (const hook of hooks) {
    const { name, peer } = describe(hook, originOf);
    const key = `${name} ${peer}`;
    folded.set(key, addHook(folded.get(key) ?? emptyHook(name, peer), hook));
  }
  return withCarried([...folded.values()], carried);
}

/** What several sockets carried together; null where none of them is one. */
export function sumCarried(reports: readonly (NodeReport | null)[]): NodeReport["traffic"] {
  return reports.reduce<NodeReport["traffic"]>((sum, report) => {
    const one = report?.traffic ?? null;
    if (sum === null || one === null) return sum ?? one;
    return { in: addTraffic(sum.in, one.in), out: addTraffic(sum.out, one.out) };
  }, null);
}

/** One status for the hooks of that name of all copies. */
export function foldHooks(
  hooks: readonly HookSnapshot[],
  { carried }: { carried: NodeReport["traffic"] },
): readonly HookStatus[] {
  const folded = new Map<string, HookStatus>();
  for (const hook of hooks) folded.set(hook.name, addHook(folded.get(hook.name) ?? emptyHook(hook.name, null), hook));
  return withCarried([...folded.values()], carried);
}

/** Sums counts by their reason. */
export function sumReasons(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const [reason, count] of all.flatMap((one) => Object.entries(one))) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}

/** `echo3` joined to `[7]:data` is `echo*` joined to `front`. */
function describe(hook: HookSnapshot, originOf: OriginOf): { name: string; peer: string | null } {
  const id = hook.peer === null ? undefined : /^\[([0-9a-f]+)\]:/.exec(hook.peer)?.[1];
  if (id === undefined) return { name: hook.name, peer: hook.peer };
  return { name: hook.automatic ? hook.name.replace(/\d+$/, "*") : hook.name, peer: originOf(id) };
}

function withCarried(hooks: readonly HookStatus[], carried: NodeReport["traffic"]): readonly HookStatus[] {
  const [first, ...rest] = hooks;
  return first === undefined || carried === null ? hooks : [{ ...first, ...carried }, ...rest];
}

function emptyHook(name: string, peer: string | null): HookStatus {
  return { name, peer, in: NO_TRAFFIC, out: NO_TRAFFIC, dropped: {} };
}

function addHook(sum: HookStatus, hook: HookSnapshot): HookStatus {
  return {
    ...sum,
    in: addTraffic(sum.in, hook.in),
    out: addTraffic(sum.out, hook.out),
    dropped: sumReasons([sum.dropped, hook.dropped]),
  };
}

function addTraffic(a: Traffic, b: Traffic): Traffic {
  return { bytes: a.bytes + b.bytes, items: a.items + b.items };
}
