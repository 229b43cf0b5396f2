/**
 * split: separates the two directions of one hook.
 *
 * Hooks: items from `in` are sent by `mixed`, items from `mixed` are sent by `out`. Data from `out` is dropped, counted
 * as `error`. Messages: none.
 *
 * Ends of file follow the data. No data is ever sent by `in`: a sender that ends there immediately receives the end of
 * the other direction, and so does not wait for a time-out. A reset of any hook resets the others.
 *
 * @example A device whose output and input are different connections
 * ```yaml
 * links: [[commands, port:in], [port:mixed, device], [port:out, log]]
 * ```
 *
 * @module
 */

import { BackPressure } from "../graph/core/back_pressure.ts";
import type { Hook } from "../graph/core/hook.ts";
import { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { Handlers } from "../graph/core/message.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import { oneOfHooks } from "./fixed_hooks.ts";

/** split has no messages of its own. */
export type SplitCommands = Readonly<Record<never, never>>;

const HOOKS = ["in", "out", "mixed"] as const;

class Split implements NodeBehaviour<SplitCommands> {
  #in: Hook | null = null;
  #out: Hook | null = null;
  #mixed: Hook | null = null;
  readonly #pressure = new BackPressure();
  /** Two splits may form a ring, one direction each way: a reset passes it once. */
  #aborting = false;

  readonly commands: Handlers<SplitCommands> = {};

  addHook(hook: Hook): void {
    this.#set(hook.name, hook);
  }

  hookRemoved(hook: Hook): void {
    this.#set(hook.name, null);
    this.#pressure.forget(hook);
    // The sender may be stopped because of the removed side.
    this.#pressure.resume(hook.name === "mixed" ? this.#in : this.#mixed);
  }

  receive(hook: Hook, item: Item): void | false {
    if (item.kind === "abort") return this.#abort(hook, item);
    if (hook === this.#out) {
      if (item.kind !== "data") return;
      item.refusal = "EINVAL";
      return hook.drop("error", item.length);
    }
    const target = hook === this.#in ? this.#mixed : this.#out;
    if (target === null) {
      if (item.kind === "data") hook.drop("no_destination", item.length);
    } else if (target.send(item) === false) return this.#pressure.stop(hook);
    if (item.kind === "eof" && hook === this.#in) hook.send(new Item().signal("eof"));
  }

  resumed(hook: Hook): void {
    if (hook === this.#mixed) this.#pressure.resume(this.#in);
    else if (hook === this.#out) this.#pressure.resume(this.#mixed);
  }

  #abort(from: Hook, item: Item): void {
    if (this.#aborting) return;
    this.#aborting = true;
    for (const hook of [this.#in, this.#out, this.#mixed]) {
      if (hook !== null && hook !== from) hook.send(item);
    }
    this.#aborting = false;
  }

  #set(name: string, hook: Hook | null): void {
    if (name === "in") this.#in = hook;
    else if (name === "out") this.#out = hook;
    else this.#mixed = hook;
  }
}

/** The type of split nodes. */
export const splitType: NodeType<SplitCommands> = defineNodeType({
  name: "split",
  kernel: kernelForm(),
  summary: "Separates the two directions of one hook",
  cookie: 949_409_402,
  commands: {},
  hooks: [
    { pattern: "in", summary: "Items from here are sent by mixed" },
    { pattern: "out", summary: "Receives items from mixed; accepts none" },
    { pattern: "mixed", summary: "Both directions" },
  ],
  parseHook: oneOfHooks("split", HOOKS),
  passes: true,
  create: () => new Split(),
});
