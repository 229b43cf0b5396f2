/**
 * Hooks as plain data. Those of connections and copies, and those that lead to such, are folded: these come and go by the
 * thousand, and nobody knows them one by one.
 *
 * @module
 */

import type { Hook } from "./hook.ts";
import type { Node } from "./node.ts";
import type { HookSnapshot } from "./snapshot.ts";
import { addCounts } from "./sum.ts";

/** Hooks of the same name at the same place, together. */
export class HookSum {
  readonly #name: string;
  readonly #about: Pick<HookSnapshot, "automatic" | "peer">;
  readonly #in = { bytes: 0, items: 0 };
  readonly #out = { bytes: 0, items: 0 };
  readonly #dropped: Record<string, number> = {};
  readonly #droppedBytes: Record<string, number> = {};

  constructor(name: string, about: Pick<HookSnapshot, "automatic" | "peer">) {
    this.#name = name;
    this.#about = about;
  }

  /** Adds what a hook has carried. */
  addHook(hook: Hook): void {
    this.#in.bytes += hook.inBytes;
    this.#in.items += hook.inItems;
    this.#out.bytes += hook.outBytes;
    this.#out.items += hook.outItems;
    if (!hook.hasDropped) return;
    addCounts(this.#dropped, hook.dropped());
    addCounts(this.#droppedBytes, hook.droppedBytes());
  }

  /** Adds what hooks have carried that were folded elsewhere. */
  addSnapshot({ in: came, out, dropped, droppedBytes }: HookSnapshot): void {
    this.#in.bytes += came.bytes;
    this.#in.items += came.items;
    this.#out.bytes += out.bytes;
    this.#out.items += out.items;
    addCounts(this.#dropped, dropped);
    addCounts(this.#droppedBytes, droppedBytes);
  }

  /** All of them as one. */
  snapshot(): HookSnapshot {
    const { automatic, peer } = this.#about;
    const [came, out, dropped, droppedBytes] = [this.#in, this.#out, this.#dropped, this.#droppedBytes];
    return { name: this.#name, automatic, peer, in: came, out, dropped, droppedBytes };
  }
}

/** The hooks of a node; those that lead to connections and copies are one for each place that these come from. */
export function snapshotHooks(hooks: Iterable<Hook>): readonly HookSnapshot[] {
  const sums = new Map<string, HookSum>();
  for (const hook of hooks) {
    const { automatic } = hook;
    const { name, peer } = describe(hook);
    const key = `${name} ${peer}`;
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, sum = new HookSum(name, { automatic, peer }));
    sum.addHook(hook);
  }
  return [...sums.values()].map((sum) => sum.snapshot());
}

/** `echo3` joined to `[7]:data` is `echo*` joined to `front`. */
function describe({ name, automatic, peer }: Hook): { readonly name: string; readonly peer: string | null } {
  if (peer === null || peer.node.type.name === "anchor") return { name, peer: null };
  const { node } = peer;
  // One that a hand made has no name either, and belongs to nobody.
  if (node.name !== null || node.origin.owner === null) return { name, peer: `${node.name ?? node.path}:${peer.name}` };
  return { name: automatic ? name.replace(/\d+$/, "*") : name, peer: originOf(node) };
}

/** Where a node without a name comes from: its listener, or the template it is a copy of. */
function originOf({ alive, name, origin: { template, owner } }: Node): string {
  if (!alive) return "";
  return name ?? template ?? (owner === null ? "" : originOf(owner));
}
