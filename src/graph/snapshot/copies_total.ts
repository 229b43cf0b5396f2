/**
 * The nodes of a scope that have no name, as one: accepted connections, and the copies of templates made for them.
 * There may be thousands, and a topology is read several times per change: combined here, in the graph's own thread,
 * they cost about as much as one node. Separately, 2,000 of them were some MiB of plain data per read, which made both
 * threads' heaps grow by 20 MiB, and used time of the data plane.
 *
 * Their counts stay when they end (`counts.ts`): only their number is added up here.
 *
 * @module
 */

import { endsWithPeer } from "../core/copy_end.ts";
import { HookRow, type HookSnapshot, type NodeCounts } from "../data/counts.ts";
import type { Hook } from "../core/hook.ts";
import type { Node } from "../core/node.ts";
import type { ConnectionGroup, CopiesSnapshot, UnnamedSnapshot } from "../data/snapshot.ts";
import { addCounts } from "../data/totals.ts";

/** Combines them one after the other. */
export class CopiesTotal {
  readonly #copies = new Map<string, CopiesSum>();
  readonly #outliving: Record<string, number> = {};
  /** The connections so far, with the declared nodes to which they, or their copies, are joined. */
  readonly #needs = new Map<Node, Set<string> | null>();
  readonly #groups = new GroupSum();

  /** Adds a node that belongs to another. */
  add(node: Node): void {
    const { template, owner, generation } = node.origin;
    this.#addNeeds(node, template === null ? node : owner);
    if (template !== null) this.#sumOf(template).addNode(node);
    else if (owner?.alive !== true) addCounts(this.#outliving, { [generation]: 1 });
  }

  /** Everything that was added, and the counts of each name. */
  snapshot(counts: ReadonlyMap<string, NodeCounts>): UnnamedSnapshot {
    for (const [connection, needs] of this.#needs) this.#groups.addConnection(connection, needs);
    this.#needs.clear();
    const copies: CopiesSnapshot[] = [];
    for (const [name, counted] of counts) if (isTemplateNode(name)) copies.push(this.#sumOf(name).snapshot(counted));
    return { connections: this.#groups.snapshot(), copies, outliving: this.#outliving };
  }

  #addNeeds(node: Node, connection: Node | null): void {
    // A copy of a copy's own connections belongs to that connection, which is added as well.
    if (connection === null) return;
    let needs = this.#needs.get(connection) ?? null;
    for (const hook of node.hooks.values()) {
      const name = neededBy(hook);
      if (name !== null) needs = (needs ?? new Set<string>()).add(name);
    }
    this.#needs.set(connection, needs);
  }

  #sumOf(template: string): CopiesSum {
    let sum = this.#copies.get(template);
    if (sum === undefined) this.#copies.set(template, sum = new CopiesSum(template));
    return sum;
  }
}

/** The declared node that a hook of a connection, or of its copy, is joined to; null if it does not end with that. */
function neededBy(hook: Hook): string | null {
  const peer = hook.peer?.node;
  return peer?.origin.declared === true && endsWithPeer(hook) ? peer.name : null;
}

/** Connections by the nodes on which they depend. */
class GroupSum {
  readonly #groups = new Map<string, ConnectionGroup>();

  add(group: ConnectionGroup): void {
    const { listener, sharesSocket, needs } = group;
    const key = JSON.stringify([listener, sharesSocket, needs]);
    const known = this.#groups.get(key);
    this.#groups.set(key, known === undefined ? group : { ...known, count: known.count + group.count });
  }

  addConnection({ origin: { owner }, behaviour }: Node, needs: ReadonlySet<string> | null): void {
    this.add({
      listener: owner?.alive === true ? owner.name : null,
      sharesSocket: behaviour.flow === "datagram",
      needs: needs === null ? [] : [...needs].sort(),
      count: 1,
    });
  }

  snapshot(): readonly ConnectionGroup[] {
    return [...this.#groups.values()];
  }
}

/** True for `session/upstream`; a node's name has no slash. */
export function isTemplateNode(name: string): boolean {
  return name.includes("/");
}

/** Adds the parts of a scope in several threads. */
export function addUnnamed(all: readonly UnnamedSnapshot[]): UnnamedSnapshot {
  const copies = new Map<string, CopiesSnapshot>();
  const outliving: Record<string, number> = {};
  const groups = new GroupSum();
  for (const one of all) {
    for (const group of one.connections) groups.add(group);
    addCounts(outliving, one.outliving);
    for (const more of one.copies) {
      const known = copies.get(more.template);
      copies.set(more.template, known === undefined ? more : addCopies(known, more));
    }
  }
  return { connections: groups.snapshot(), copies: [...copies.values()], outliving };
}

function addCopies(one: CopiesSnapshot, other: CopiesSnapshot): CopiesSnapshot {
  const removed = addCarried(one.removedHooks, other.removedHooks);
  return {
    ...one,
    ready: one.ready && other.ready,
    byGeneration: sumOf(one.byGeneration, other.byGeneration),
    hooks: addHooks(one.hooks, other.hooks),
    ...(removed === undefined ? {} : { removedHooks: removed }),
    reasons: sumOf(one.reasons, other.reasons),
    results: sumOf(one.results, other.results),
  };
}

/** Adds hooks of the same name with the same destination. */
export function addHooks(some: readonly HookSnapshot[], others: readonly HookSnapshot[]): readonly HookSnapshot[] {
  const sums = new Map<string, { readonly row: HookRow; readonly peer: string | null }>();
  for (const hook of [...some, ...others]) {
    const { name, automatic, peer } = hook;
    const key = `${name} ${peer}`;
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, sum = { row: new HookRow({ name, automatic }), peer });
    sum.row.add(hook);
  }
  return [...sums.values()].map(({ row, peer }) => row.snapshot(row.name, peer));
}

/** Adds the counts of removed hooks. */
export function addCarried(
  one: CopiesSnapshot["removedHooks"],
  other: CopiesSnapshot["removedHooks"],
): CopiesSnapshot["removedHooks"] {
  if (one === undefined || other === undefined) return one ?? other;
  const sum = new HookRow({ name: "" });
  sum.add(one);
  sum.add(other);
  return sum.carried();
}

/** Adds counts by their key. */
export function sumOf(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...one };
  addCounts(sum, other);
  return sum;
}

class CopiesSum {
  readonly #template: string;
  readonly #byGeneration: Record<string, number> = {};
  #ready = true;

  constructor(template: string) {
    this.#template = template;
  }

  addNode(node: Node): void {
    const { generation } = node.origin;
    this.#ready &&= node.phase === "ready";
    this.#byGeneration[generation] = (this.#byGeneration[generation] ?? 0) + 1;
    node.attempt((behaviour) => behaviour.count?.());
  }

  snapshot(counts: NodeCounts): CopiesSnapshot {
    const { type, hook, reasons, results } = counts;
    const { rows, removed } = counts.others(new Set());
    return {
      template: this.#template,
      type,
      hook,
      ready: this.#ready,
      byGeneration: this.#byGeneration,
      hooks: rows,
      ...(removed === null ? {} : { removedHooks: removed }),
      reasons: { ...reasons },
      results: { ...results },
    };
  }
}
