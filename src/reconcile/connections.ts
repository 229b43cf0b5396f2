/**
 * How many live connections a change ends and how many it leaves alone.
 *
 * @module
 */

import type { ScopeSnapshot } from "../graph/snapshot.ts";
import type { TypeTable } from "./facts.ts";
import type { ConnectionEffect } from "./step.ts";

/** Connections that live through a node. */
export interface LiveConnections {
  /** Accepted ones, which outlive the listener. */
  readonly lasting: number;
  /** Those that end with the node: its own, and the sessions on its socket. */
  readonly bound: number;
}

/** Live connections by node. A node that cannot have any is not in it. */
export type ConnectionTable = ReadonlyMap<string, LiveConnections>;

/** Counts the live connections of every declared node. */
export function countConnections(types: TypeTable, snapshot: ScopeSnapshot | null): ConnectionTable {
  const table = new Map<string, LiveConnections>();
  for (const { name, owner, type, hook, report } of snapshot?.nodes ?? []) {
    if (name === null || owner !== null || report === null) continue;
    const active = report.connections?.active ?? 0;
    // A session shares the socket of the node that it came in by.
    const sessions = hook !== null && types.get(type)?.flow(hook) === "datagram";
    const own = report.connections === null && report.peer !== null ? 1 : 0;
    if (report.connections === null && own === 0) continue;
    table.set(name, sessions ? { lasting: 0, bound: active + own } : { lasting: active, bound: own });
  }
  return table;
}

/** What a change of a node that stays does to its connections; null for a node that has none to speak of. */
export function effectOfChange(live: LiveConnections | undefined): ConnectionEffect | null {
  return live === undefined ? null : { cut: 0, kept: live.lasting + live.bound };
}

/** What the end of a node does to its connections. */
export function effectOfEnd(live: LiveConnections | undefined): ConnectionEffect | null {
  return live === undefined ? null : { cut: live.bound, kept: live.lasting };
}
