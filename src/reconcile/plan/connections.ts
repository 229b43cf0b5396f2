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

/** Open connections by the nodes on which they depend. A listener without any is listed with the count 0. */
export type ConnectionTable = readonly ConnectionGroup[];

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
  return [...own, ...snapshot.unnamed.connections];
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
export class ConnectionEffects {
  /** The node whose end closes a group, the first one if there are several; absent for groups that are kept. */
  readonly #closedBy = new Map<ConnectionGroup, string>();
  readonly #table: ConnectionTable;
  readonly #byNode = new Map<string, ConnectionGroup[]>();
  readonly #queues = new Set<string>();

  /**
   * @param table with the future names of nodes
   * @param ending the nodes that end, in their order
   */
  constructor(table: ConnectionTable, ending: readonly string[]) {
    this.#table = table;
    const places = new Map(ending.map((name, place) => [name, place]));
    for (const group of table) {
      const { listener, sharesSocket, needs } = group;
      if (listener !== null && !sharesSocket) this.#queues.add(listener);
      const nodes = listener === null || needs.includes(listener) ? needs : [listener, ...needs];
      for (const name of nodes) this.#groupsOf(name).push(group);
      const [closer] = nodes.filter((name) => places.has(name) && (name !== listener || sharesSocket))
        .sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
      if (closer !== undefined) this.#closedBy.set(group, closer);
    }
  }

  /** The effect of a change of a node that stays on its connections; null for a node without connections. */
  ofChange(name: string): ConnectionEffect | null {
    return this.ofUsers([name]);
  }

  /** The effect of a change of several nodes together. */
  ofUsers(names: readonly string[]): ConnectionEffect | null {
    const groups = this.#groupsOfAll(names);
    return groups.size === 0 ? null : { kept: this.#kept(groups), closed: 0 };
  }

  /** The effect of the end of a node on its connections; null for a node without connections. */
  ofEnd(name: string): ConnectionEffect | null {
    const groups = this.#groupsOfAll([name]);
    if (groups.size === 0) return null;
    const closed = [...groups].filter((group) => this.#closedBy.get(group) === name);
    return { kept: this.#kept(groups), closed: sum(closed) };
  }

  /** The effect of a plan on all connections of the topology, including those of unchanged nodes. */
  ofAll(): ConnectionEffect {
    return { kept: this.#kept(new Set(this.#table)), closed: sum([...this.#closedBy.keys()]) };
  }

  /** True for a listener of streams: connections may wait for it to accept them, and are closed with its socket. */
  queues(name: string): boolean {
    return this.#queues.has(name);
  }

  #kept(groups: ReadonlySet<ConnectionGroup>): number {
    return sum([...groups].filter((group) => !this.#closedBy.has(group)));
  }

  #groupsOfAll(names: readonly string[]): ReadonlySet<ConnectionGroup> {
    return new Set(names.flatMap((name) => this.#byNode.get(name) ?? []));
  }

  #groupsOf(name: string): ConnectionGroup[] {
    let groups = this.#byNode.get(name);
    if (groups === undefined) this.#byNode.set(name, groups = []);
    return groups;
  }
}

function sum(groups: readonly ConnectionGroup[]): number {
  return groups.reduce((count, group) => count + group.count, 0);
}
