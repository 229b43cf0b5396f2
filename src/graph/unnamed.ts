/**
 * The nodes of a scope that have no name, as one: accepted connections, and the copies of templates made for them. There
 * may be thousands, and whoever looks at a topology looks several times a change: folded here, in the graph's own
 * thread, they cost about what one node does. One by one, 2,000 of them were some MiB of plain data a look, which made
 * both threads' heaps grow by 20 MiB, and took the data plane's time to pack.
 *
 * @module
 */

import { HookSum } from "./hook_sum.ts";
import type { Node } from "./node.ts";
import type { NodeReport, NodeTally } from "./report.ts";
import type { CopiesSnapshot, HookSnapshot, UnnamedSnapshot } from "./snapshot.ts";
import { addCounts, addTraffic, type TrafficSum } from "./sum.ts";

/** Folds one after the other. */
export class UnnamedSum {
  readonly #copies = new Map<string, CopiesSum>();
  readonly #outliving: Record<string, number> = {};

  /** Adds a node that belongs to another. */
  add(node: Node): void {
    const { template, owner, generation } = node.origin;
    if (template !== null) this.#sumOf(template, node.type.name, node.deciding).addNode(node);
    else if (owner?.alive !== true) addCounts(this.#outliving, { [generation]: 1 });
  }

  /** Adds those of the same scope in another thread. */
  addAll({ copies, outliving }: UnnamedSnapshot): void {
    for (const one of copies) this.#sumOf(one.template, one.type, one.hook).addAll(one);
    addCounts(this.#outliving, outliving);
  }

  /** All that was added. */
  snapshot(): UnnamedSnapshot {
    return { copies: [...this.#copies.values()].map((sum) => sum.snapshot()), outliving: this.#outliving };
  }

  #sumOf(template: string, type: string, hook: string | null): CopiesSum {
    let sum = this.#copies.get(template);
    if (sum === undefined) this.#copies.set(template, sum = new CopiesSum(template, { type, hook }));
    return sum;
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
