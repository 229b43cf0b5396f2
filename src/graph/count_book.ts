/**
 * The counts of all names of a graph, by topology. They stay when the nodes that had the names are gone, and when the
 * topology is: what has the name next goes on counting.
 *
 * @module
 */

import { type CountsSnapshot, NodeCounts } from "./counts.ts";
import { isAsideName } from "./name.ts";
import type { Node, NodeOrigin } from "./node.ts";

/** Counts by name. */
export class CountBook {
  readonly #scopes = new Map<string, Map<string, NodeCounts>>();
  /** Counts that a renamed node left under its old name, with those that it has taken along. */
  readonly #copies = new WeakMap<NodeCounts, NodeCounts>();

  /** The counts of a new node that has no name yet. */
  of({ scope, owner, template }: Pick<NodeOrigin, "scope" | "owner" | "template">, type: string): NodeCounts {
    if (template !== null) return this.#named(scope, template, type);
    return owner?.counts ?? new NodeCounts(type);
  }

  /**
   * A node gets a name, or another one. It takes its counts along, and what the old name had stays there; a name that
   * was counted under before counts on from there. One that steps aside for its successor counts on with that.
   */
  rename(node: Node, name: string, now: number): void {
    const { scope, owner } = node.origin;
    // Connections count for their listener, whatever they are called; nodes outside of topologies have no counters.
    if (owner !== null || scope === "") return;
    const { name: from, counts } = node;
    if (from !== null && isAsideName(name)) return;
    const names = this.#namesOf(scope);
    const known = names.get(name);
    if (known === counts) return;
    if (known === undefined || this.#copies.get(known) === counts) {
      names.set(name, counts);
      if (from !== null && names.get(from) === counts) names.set(from, this.#copy(counts, now));
      return;
    }
    if (from === null) known.add(counts, now);
    // From now on it is more than what a renamed node has left.
    this.#copies.delete(known);
    countIn(node, known);
  }

  /** Counts that were read from an earlier graph; ignored where this one has counted already. */
  restore(scope: string, counts: readonly CountsSnapshot[]): void {
    if (counts.length === 0 || this.#scopes.has(scope)) return;
    for (const one of counts) this.#named(scope, one.name, one.type).restore(one);
  }

  /** All counts of a topology, by name. */
  all(scope: string): ReadonlyMap<string, NodeCounts> {
    return this.#scopes.get(scope) ?? NOTHING;
  }

  #copy(counts: NodeCounts, now: number): NodeCounts {
    const copy = new NodeCounts(counts.type);
    copy.add(counts, now);
    this.#copies.set(copy, counts);
    return copy;
  }

  #named(scope: string, name: string, type: string): NodeCounts {
    const names = this.#namesOf(scope);
    let counts = names.get(name);
    if (counts === undefined) names.set(name, counts = new NodeCounts(type));
    return counts;
  }

  #namesOf(scope: string): Map<string, NodeCounts> {
    let names = this.#scopes.get(scope);
    if (names === undefined) this.#scopes.set(scope, names = new Map());
    return names;
  }
}

const NOTHING: ReadonlyMap<string, NodeCounts> = new Map();

/** The node, and the connections that it accepted, count there from now on. */
function countIn(node: Node, counts: NodeCounts): void {
  node.counts = counts;
  counts.type = node.type.name;
  for (const hook of node.hooks.values()) hook.count();
  for (const owned of node.owned) if (owned.origin.template === null) countIn(owned, counts);
}
