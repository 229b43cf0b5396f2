/**
 * The counts of all names of a graph, by topology. They continue when a node is replaced, repaired or rolled back under
 * its name. They become earlier counts as soon as the name refers to something else: a node of another type, one that a
 * later generation added after an earlier one had removed it, or one of a topology that was removed and applied again.
 * Status shows the counts of the existing nodes; metrics are the sum of both, because no counter may fall while the
 * graph exists.
 *
 * @module
 */

import { type CountsSnapshot, NodeCounts } from "../data/counts.ts";
import { isTemporaryName } from "../data/name.ts";
import type { TemplateState } from "../data/state.ts";
import type { Node, NodeOrigin } from "./node.ts";

/** The time of a change of a name. */
export interface CountMoment {
  /** On the graph's clock. */
  readonly now: number;
  /** The generation of the topology. */
  readonly generation: number;
}

/** Counts by name. */
export class CountBook {
  readonly #scopes = new Map<string, Map<string, NodeCounts>>();
  /** Earlier counts, by name: those to which connections may still add, and the sum of the others. */
  readonly #earlier = new Map<string, Map<string, readonly NodeCounts[]>>();
  /** Counts that a renamed node left under its old name, with those that it moved to its new name. */
  readonly #copies = new WeakMap<NodeCounts, NodeCounts>();

  /** The counts of a new node that has no name yet. */
  of(origin: Pick<NodeOrigin, "scope" | "owner" | "template">, type: string, now: number): NodeCounts {
    const { scope, owner, template } = origin;
    if (template === null) return owner?.counts ?? new NodeCounts(type);
    const known = this.#namesOf(scope).get(template);
    if (known !== undefined && known.type !== type) this.#archive(scope, template, now);
    return this.#named(scope, template, type);
  }

  /**
   * The identity hook of a node was set; if its name referred to something else before, its counts start at zero.
   */
  decided(node: Node, hook: string, now: number): void {
    const { name, counts, origin: { scope } } = node;
    if (name === null || counts.hook === null || counts.hook === hook) return;
    if (this.#scopes.get(scope)?.get(name) !== counts) return;
    this.#archive(scope, name, now);
    node.counts = this.#named(scope, name, node.type.name);
  }

  /** The name has no node any more. */
  vacate(scope: string, name: string, generation: number): void {
    const counts = this.#scopes.get(scope)?.get(name);
    if (counts !== undefined) counts.vacantSince ??= generation;
  }

  /** A template is defined, or removed: from now on it has these nodes. */
  setTemplate(
    scope: string,
    { name, nodes }: Pick<TemplateState, "name" | "nodes">,
    { now, generation }: CountMoment,
  ): void {
    for (const [one, { type, vacantSince }] of [...this.#scopes.get(scope) ?? []]) {
      if (!one.startsWith(`${name}/`)) continue;
      const node = nodes.find((wanted) => one === `${name}/${wanted.name}`);
      if (node === undefined) this.vacate(scope, one, generation);
      else if (node.type !== type || wasRemoved(vacantSince, generation)) this.#archive(scope, one, now);
      else this.#named(scope, one, type).vacantSince = null;
    }
  }

  /** A topology is removed: the next topology of that name starts to count from zero. */
  close(scope: string, now: number): void {
    for (const name of [...this.#scopes.get(scope)?.keys() ?? []]) this.#archive(scope, name, now);
  }

  /**
   * A node gets a name, or another one. Its counts move with it, and earlier counts of the old name stay there; a name
   * that has counts continues from them. An old node with a temporary name still counts under its own name, together with its replacement.
   */
  rename(node: Node, name: string, { now, generation }: CountMoment): void {
    const { scope, owner } = node.origin;
    // Connections count for their listener, under any name; nodes outside of topologies have no counters.
    if (owner !== null || scope === "") return;
    const { name: from, counts } = node;
    if (from !== null && isTemporaryName(name)) return;
    const names = this.#namesOf(scope);
    if (names.get(name) === counts) {
      // It has its own name again: its replacement was removed by a rollback.
      counts.vacantSince = null;
      return;
    }
    const earlier = names.get(name);
    if (!this.#continuesCounts(node, earlier, generation)) {
      this.#archive(scope, name, now, counts);
      if (earlier !== undefined) counts.takeOver(earlier);
    }
    const known = names.get(name);
    if (known === undefined || this.#copies.get(known) === counts) {
      names.set(name, counts);
      if (from !== null && names.get(from) === counts) names.set(from, this.#copy(counts, now));
      return;
    }
    if (from === null) known.add(counts, now);
    // The counts now belong to a node of that name, and no longer only to a renamed one.
    this.#copies.delete(known);
    countIn(node, known);
  }

  /** Counts that were read from an earlier graph; ignored if this one has already counted. */
  restore(scope: string, counts: readonly CountsSnapshot[]): void {
    if (counts.length === 0 || this.#scopes.has(scope)) return;
    this.#namesOf(scope);
    for (const one of counts) {
      if (one.former === true) this.#restoreEarlier(scope, one);
      else this.#named(scope, one.name, one.type).restore(one);
    }
  }

  /** Earlier counts of a topology, by name. */
  *earlier(scope: string): Iterable<readonly [name: string, counts: NodeCounts]> {
    for (const [name, all] of this.#earlier.get(scope) ?? []) for (const one of all) yield [name, one];
  }

  /** All counts of a topology, by name. */
  all(scope: string): ReadonlyMap<string, NodeCounts> {
    return this.#scopes.get(scope) ?? NOTHING;
  }

  /**
   * True if a node continues the counts of a name: it is of the same kind, and the name was not removed meanwhile.
   */
  #continuesCounts({ name, type, deciding, counts }: Node, known: NodeCounts | undefined, generation: number): boolean {
    if (known === undefined || this.#copies.get(known) === counts) return true;
    // Nodes that exchange their names leave copies, one of which continues.
    const since = name !== null && known.vacantSince === NEVER ? null : known.vacantSince;
    if (wasRemoved(since, generation) || known.type !== type.name) return false;
    return deciding === null || known.hook === null || deciding === known.hook;
  }

  /** The counts of a name become earlier counts; `restored`: earlier counts that become current again. */
  #archive(scope: string, name: string, now: number, restored: NodeCounts | null = null): void {
    const names = this.#namesOf(scope);
    const retired = names.get(name);
    if (retired === undefined) return;
    names.delete(name);
    const ofScope = this.#earlierOf(scope);
    const earlier = (ofScope.get(name) ?? []).filter((one) => one !== restored);
    const live = earlier.filter(({ isLive }) => isLive);
    const [last, ...older] = earlier.filter(({ isLive }) => !isLive);
    for (const one of older) last?.add(one, now);
    ofScope.set(name, [retired, ...live, ...last === undefined ? [] : [last]]);
  }

  #restoreEarlier(scope: string, counts: CountsSnapshot): void {
    const ofScope = this.#earlierOf(scope);
    const restored = new NodeCounts(counts.type);
    restored.restore(counts);
    ofScope.set(counts.name, [restored, ...ofScope.get(counts.name) ?? []]);
  }

  #earlierOf(scope: string): Map<string, readonly NodeCounts[]> {
    let names = this.#earlier.get(scope);
    if (names === undefined) this.#earlier.set(scope, names = new Map());
    return names;
  }

  #copy(counts: NodeCounts, now: number): NodeCounts {
    const copy = new NodeCounts(counts.type);
    copy.add(counts, now);
    // The next node with the name is another one, even within the same generation.
    copy.vacantSince = NEVER;
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

/** True for counts of a node that an earlier generation removed. */
export function wasRemoved(vacantSince: number | null, generation: number): boolean {
  return vacantSince !== null && generation > vacantSince;
}

/** Before each generation. */
const NEVER = -1;
const NOTHING: ReadonlyMap<string, NodeCounts> = new Map();

/** The node, and the connections that it accepted, are counted there from now on. */
function countIn(node: Node, counts: NodeCounts): void {
  node.counts = counts;
  counts.vacantSince = null;
  for (const hook of node.hooks.values()) hook.count();
  for (const owned of node.owned) if (owned.origin.template === null) countIn(owned, counts);
}
