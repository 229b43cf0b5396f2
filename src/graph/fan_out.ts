/**
 * Copies: what a node does for those who listen beside the path (a hub's many, a tee's taps).
 *
 * A copy never stops the path. While its receiver is full, items wait in a bounded queue; what is beyond is dropped
 * (datagrams), or ends the branch (a stream with a hole in it is worth nothing).
 *
 * @module
 */

import type { Hook } from "./hook.ts";
import { Item, keepItem } from "./item.ts";

/** How many octets may wait for one branch. */
export const BRANCH_QUEUE_BYTES = 1024 * 1024;

/** What an item costs at least, in octets: a flood of small or empty ones is bounded too. */
const ITEM_BYTES = 64;

interface Waiting {
  readonly item: Item;
  readonly bytes: number;
}

/** One receiver of copies. */
export class Branch {
  readonly hook: Hook;
  #full = false;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #cut = false;

  constructor(hook: Hook) {
    this.hook = hook;
  }

  /** True while the receiver takes nothing more. */
  get full(): boolean {
    return this.#full;
  }

  /** Sends a copy, or keeps it until the receiver has room. */
  send(item: Item): void {
    if (this.#cut) return this.hook.drop("queue_full");
    // What comes while the branch catches up goes behind what waits.
    if (!this.#full && this.#waiting.length === 0) {
      if (this.hook.send(item) === false) this.#full = true;
      return;
    }
    const bytes = Math.max(item.length, ITEM_BYTES);
    if (this.#waitingBytes + bytes > BRANCH_QUEUE_BYTES) return this.#overflow();
    this.#waiting.push({ item: keepItem(item), bytes });
    this.#waitingBytes += bytes;
  }

  /** The receiver has room again. */
  resumed(): void {
    this.#full = false;
    while (!this.#full) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingBytes -= next.bytes;
      if (this.hook.send(next.item) === false) this.#full = true;
      next.item.buffer.release();
    }
  }

  /** Gives back what waits. */
  close(): void {
    for (const { item } of this.#waiting) item.buffer.release();
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #overflow(): void {
    this.hook.drop("queue_full");
    const { peer } = this.hook;
    if (peer === null) return;
    const { behaviour, type } = peer.node;
    if ((behaviour.flow ?? type.flow(peer.name)) !== "stream") return;
    this.#cut = true;
    this.close();
    this.hook.send(new Item().signal("abort", "queue_full"));
  }
}
