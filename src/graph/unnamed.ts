/**
 * The nodes of a scope that have no name, as one: accepted connections, and the copies of templates made for them. There
 * may be thousands, and whoever looks at a topology looks several times a change: folded here, in the graph's own
 * thread, they cost about what one node does. One by one, 2,000 of them were some MiB of plain data a look, which made
 * both threads' heaps grow by 20 MiB, and took the data plane's time to pack.
 *
 * @module
 */

import { endsWithPeer } from "./copy_end.ts";
import { HookSum } from "./hook_sum.ts";
import type { Hook } from "./hook.ts";
import type { Node } from "./node.ts";
import type { NodeReport, NodeTally } from "./report.ts";
import type { ConnectionGroup, CopiesSnapshot, HookSnapshot, UnnamedSnapshot } from "./snapshot.ts";
import { addCounts, addTraffic, type TrafficSum } from "./sum.ts";

/** Folds one after the other. */
export class UnnamedSum {
  readonly #copies = new Map<string, CopiesSum>();
  readonly #outliving: Record<string, number> = {};
  /** The connections met so far, with the declared nodes that they, or their copies, are joined to. */
  readonly #needs = new Map<Node, Set<string> | null>();
  readonly #groups = new GroupSum();

  /** Adds a node that belongs to another. */
  add(node: Node): void {
    const { template, owner, generation } = node.origin;
    this.#addNeeds(node, template === null ? node : owner);
    if (template !== null) this.#sumOf(template, node.type.name, node.deciding).addNode(node);
    else if (owner?.alive !== true) addCounts(this.#outliving, { [generation]: 1 });
  }

  /** Adds those of the same scope in another thread. */
  addAll({ connections, copies, outliving }: UnnamedSnapshot): void {
    for (const group of connections) this.#groups.add(group);
    for (const one of copies) this.#sumOf(one.template, one.type, one.hook).addAll(one);
    addCounts(this.#outliving, outliving);
  }

  /** All that was added. */
  snapshot(): UnnamedSnapshot {
    for (const [connection, needs] of this.#needs) this.#groups.addConnection(connection, needs);
    this.#needs.clear();
    return {
      connections: this.#groups.snapshot(),
      copies: [...this.#copies.values()].map((sum) => sum.snapshot()),
      outliving: this.#outliving,
    };
  }

  #addNeeds(node: Node, connection: Node | null): void {
    // A copy of a copy's own connections belongs to that connection, which is met as well.
    if (connection === null) return;
    let needs = this.#needs.get(connection) ?? null;
    for (const hook of node.hooks.values()) {
      const name = neededBy(hook);
      if (name !== null) needs = (needs ?? new Set<string>()).add(name);
    }
    this.#needs.set(connection, needs);
  }

  #sumOf(template: string, type: string, hook: string | null): CopiesSum {
    let sum = this.#copies.get(template);
    if (sum === undefined) this.#copies.set(template, sum = new CopiesSum(template, { type, hook }));
    return sum;
  }
}

/** The declared node that a hook of a connection, or of its copy, is joined to; null where it does not end with that. */
function neededBy(hook: Hook): string | null {
  const peer = hook.peer?.node;
  return peer?.origin.declared === true && endsWithPeer(hook) ? peer.name : null;
}

/** Connections by what they depend on. */
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

class CopiesSum {
  readonly #about: Pick<CopiesSnapshot, "template" | "type" | "hook">;
  readonly #byGeneration: Record<string, number> = {};
  readonly #hooks = new Map<string, HookSum>();
  readonly #reasons: Record<string, number> = {};
  #traffic: TrafficSum | null = null;
  #ready = true;

  constructor(template: string, about: Pick<CopiesSnapshot, "type" | "hook">) {
    this.#about = { template, ...about };
  }

  addNode(node: Node): void {
    const { generation } = node.origin;
    this.#ready &&= node.phase === "ready";
    this.#byGeneration[generation] = (this.#byGeneration[generation] ?? 0) + 1;
    for (const hook of node.hooks.values()) this.#hookOf(hook).addHook(hook);
    const { behaviour } = node;
    const { traffic, reasons } = behaviour.tally?.() ?? behaviour.report?.() ?? NOTHING_TO_TELL;
    this.#addCarried(traffic);
    addCounts(this.#reasons, reasons);
  }

  addAll({ ready, byGeneration, hooks, traffic, reasons }: CopiesSnapshot): void {
    this.#ready &&= ready;
    addCounts(this.#byGeneration, byGeneration);
    for (const hook of hooks) this.#hookOf(hook).addSnapshot(hook);
    this.#addCarried(traffic);
    addCounts(this.#reasons, reasons);
  }

  snapshot(): CopiesSnapshot {
    return {
      ...this.#about,
      ready: this.#ready,
      byGeneration: this.#byGeneration,
      hooks: [...this.#hooks.values()].map((sum) => sum.snapshot()),
      traffic: this.#traffic,
      reasons: this.#reasons,
    };
  }

  #addCarried(traffic: NodeReport["traffic"]): void {
    if (traffic === null) return;
    this.#traffic ??= { in: { bytes: 0, items: 0 }, out: { bytes: 0, items: 0 } };
    addTraffic(this.#traffic, traffic);
  }

  #hookOf({ name, automatic }: Pick<HookSnapshot, "name" | "automatic">): HookSum {
    let sum = this.#hooks.get(name);
    if (sum === undefined) this.#hooks.set(name, sum = new HookSum(name, { automatic, peer: null }));
    return sum;
  }
}

const NOTHING_TO_TELL: NodeTally = { traffic: null, reasons: {} };
