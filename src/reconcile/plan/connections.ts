/**
 * Which open connections a change closes and which it keeps.
 *
 * A connection depends on nodes: on the listener whose socket it shares (a flow), and on the declared nodes to which
 * it, or its copy of a template, is joined. It is closed when one of those ends, and kept otherwise.
 *
 * @module
 */

import type { ConnectionGroup, ScopeSnapshot } from "../../graph/data/snapshot.ts";
import type { TypeTable } from "../diff/facts.ts";
import type { ConnectionEffect } from "./step.ts";

/** Connections that depend on the same nodes. */
export interface CountedGroup extends ConnectionGroup {
  /** True for those whose listener was removed: a plan cannot affect any node of theirs, but they are kept. */
  readonly outlives?: boolean;
}

/** Open connections by the nodes on which they depend. A listener without any is included with the count 0. */
export type ConnectionTable = readonly CountedGroup[];

/** Lists the open connections of a topology: accepted ones, and those of its connectors. */
export function countConnections(types: TypeTable, snapshot: ScopeSnapshot | null): ConnectionTable {
  if (snapshot === null) return [];
  const own = snapshot.nodes.flatMap(({ name, owner, type, hook, report }): readonly ConnectionGroup[] => {
    if (name === null || owner !== null || report === null) return [];
    if (report.connections !== null) {
      const sharesSocket = hook !== null && types.get(type)?.flow(hook) === "datagram";
      return [{ listener: name, sharesSocket, needs: [], count: 0 }];
    }
    return report.peer === null ? [] : [{ listener: null, sharesSocket: false, needs: [name], count: 1 }];
  });
  const accepted = snapshot.unnamed.connections.map((group) => {
    return group.listener === null ? { ...group, outlives: true } : group;
  });
  return [...own, ...accepted];
}

/** The number of connections: those that are closed when the whole topology ends. */
export function totalConnections(table: ConnectionTable): number {
  return table.reduce((sum, { count }) => sum + count, 0);
}

/** The table with the future names of nodes: old names by new ones. */
export function renameConnections(table: ConnectionTable, renames: ReadonlyMap<string, string>): ConnectionTable {
  if (renames.size === 0) return table;
  const names = new Map([...renames].map(([to, from]) => [from, to]));
  const rename = (name: string) => names.get(name) ?? name;
  return table.map((group) => ({
    ...group,
    listener: group.listener === null ? null : rename(group.listener),
    needs: group.needs.map(rename),
  }));
}

/** The effect of a plan on connections. */
export class ConnectionFates {
  /** The node whose end closes a group, the first one if several would; absent for those that are kept. */
  readonly #closers = new Map<CountedGroup, string>();
  readonly #outliving: readonly CountedGroup[];
  readonly #byNode = new Map<string, CountedGroup[]>();
  readonly #queues = new Set<string>();

  /**
   * @param table with the future names of nodes
   * @param ending the nodes that end, in their order
   */
  constructor(table: ConnectionTable, ending: readonly string[]) {
    this.#outliving = table.filter(({ outlives }) => outlives);
    const places = new Map(ending.map((name, place) => [name, place]));
    for (const group of table) {
      const { listener, sharesSocket, needs } = group;
      if (listener !== null && !sharesSocket) this.#queues.add(listener);
      const nodes = listener === null || needs.includes(listener) ? needs : [listener, ...needs];
      for (const name of nodes) this.#groupsOf(name).push(group);
      const [closer] = nodes.filter((name) => places.has(name) && (name !== listener || sharesSocket))
        .sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
      if (closer !== undefined) this.#closers.set(group, closer);
    }
  }

  /** The effect of a change of a staying node on its connections; null for a node without connections. */
  ofChange(name: string): ConnectionEffect | null {
    return this.ofUsers([name]);
  }

  /** The same of several nodes together. */
  ofUsers(names: readonly string[]): ConnectionEffect | null {
    const groups = this.#groupsOfAll(names);
    return groups.size === 0 ? null : { kept: this.#kept(groups), closed: 0 };
  }

  /** The effect of the end of a node on its connections; null for a node without connections. */
  ofEnd(name: string): ConnectionEffect | null {
    const groups = this.#groupsOfAll([name]);
    if (groups.size === 0) return null;
    const closed = [...groups].filter((group) => this.#closers.get(group) === name);
    return { kept: this.#kept(groups), closed: sum(closed) };
  }

  /**
   * The effect of a whole plan on connections, for the nodes that it changes, and for connections without a listener.
   */
  ofAll(touched: readonly string[]): ConnectionEffect {
    const groups = new Set([...this.#groupsOfAll(touched), ...this.#outliving]);
    return { kept: this.#kept(groups), closed: sum([...this.#closers.keys()]) };
  }

  /** True for a listener of streams: connections may wait for it to accept them, and are closed with its socket. */
  queues(name: string): boolean {
    return this.#queues.has(name);
  }

  #kept(groups: ReadonlySet<CountedGroup>): number {
    return sum([...groups].filter((group) => !this.#closers.has(group)));
  }

  #groupsOfAll(names: readonly string[]): ReadonlySet<CountedGroup> {
    return new Set(names.flatMap((name) => this.#byNode.get(name) ?? []));
  }

  #groupsOf(name: string): CountedGroup[] {
    let groups = this.#byNode.get(name);
    if (groups === undefined) this.#byNode.set(name, groups = []);
    return groups;
  }
}

function sum(groups: readonly CountedGroup[]): number {
  return groups.reduce((count, group) => count + group.count, 0);
}
