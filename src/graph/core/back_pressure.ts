/**
 * Back-pressure of a node that passes items on: which of its senders it has stopped, until they may send again.
 *
 * A node that is full takes an item and answers false. Its sender then sends nothing until it is resumed. Only a sender
 * that was stopped is resumed, and only once: otherwise two nodes that face each other would resume each other forever.
 *
 * @module
 */

import type { Hook } from "./hook.ts";
import type { Item } from "./item.ts";

/**
 * The senders that one node has stopped, by the hook at which their items arrive.
 *
 * @example A node between two hooks
 * ```ts
 * import { BackPressure, type Hook, type Item } from "@sockgraph/sockgraph";
 *
 * const pressure = new BackPressure();
 * const otherOf = (hook: Hook): Hook | null => hook.node.hooks.get(hook.name === "left" ? "right" : "left") ?? null;
 *
 * export const behaviour = {
 *   receive(hook: Hook, item: Item): void | false {
 *     const to = otherOf(hook);
 *     return to === null ? hook.drop("no_destination", item.length) : pressure.forward(item, { from: hook, to });
 *   },
 *   resumed: (hook: Hook) => pressure.resume(otherOf(hook)),
 *   hookRemoved(hook: Hook): void {
 *     pressure.forget(hook);
 *     pressure.resume(otherOf(hook));
 *   },
 * };
 * ```
 */
export class BackPressure {
  /** Created for the first sender that is stopped: most copies of a template stop none. */
  #stopped: Set<Hook> | null = null;

  /**
   * Sends an item on, and stops its sender if the receiver is full.
   *
   * @returns what `receive` has to return
   */
  forward(item: Item, { from, to }: { readonly from: Hook; readonly to: Hook }): void | false {
    if (to.send(item) === false) return this.stop(from);
  }

  /**
   * Stops the sender at a hook.
   *
   * @returns what `receive` has to return
   */
  stop(hook: Hook): false {
    (this.#stopped ??= new Set()).add(hook);
    return false;
  }

  /** Resumes the sender at a hook, if it is stopped. */
  resume(hook: Hook | null): void {
    if (hook !== null && this.#stopped?.delete(hook) === true) hook.resume();
  }

  /**
   * Resumes every stopped sender that no longer has to wait.
   *
   * @param mustWait is called for each of them, after the previous ones were resumed
   */
  resumeAll(mustWait: (hook: Hook) => boolean): void {
    if (this.#stopped === null || this.#stopped.size === 0) return;
    // A sender that is resumed sends immediately, and may be stopped again.
    for (const hook of [...this.#stopped]) if (!mustWait(hook)) this.resume(hook);
  }

  /** Removes the record of a removed hook. */
  forget(hook: Hook): void {
    this.#stopped?.delete(hook);
  }
}
