/**
 * Copies: what a node sends to receivers beside the path (the hooks of a hub, the taps of a tee).
 *
 * By default a copy never stops the path. While its receiver is full, items wait in a bounded queue; items beyond the
 * limit are dropped, or end the branch if they are pieces of a stream (a stream with a gap is useless). A policy can
 * change that, see `branch_policy.ts`.
 *
 * @module
 */

import { type BranchPolicy, DEFAULT_POLICY } from "./branch_policy.ts";
import type { CloseReason } from "../data/close_reason.ts";
import type { Hook } from "../core/hook.ts";
import { Item, keepItem } from "../core/item.ts";

/** The minimum cost of an item, in bytes, which also limits floods of small or empty items. */
const ITEM_BYTES = 64;

interface Waiting {
  readonly item: Item;
  readonly bytes: number;
}

/** One receiver of copies. */
export class Branch {
  readonly hook: Hook;
  /** What happens when the queue is full. */
  policy: BranchPolicy;
  #full = false;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #cut = false;
  #ended = false;

  constructor(hook: Hook, policy: BranchPolicy = DEFAULT_POLICY) {
    this.hook = hook;
    this.policy = policy;
  }

  /** True while the receiver accepts no more. */
  get full(): boolean {
    return this.#full;
  }

  /** True while senders must wait for it; by default they wait for the path alone. */
  stops(isPath: boolean): boolean {
    const { policy } = this.policy;
    return this.#full && (policy === "block" || (policy === "default" && isPath));
  }

  /** Sends a copy, or keeps it until the receiver has room. */
  send(item: Item): void {
    if (this.#cut) return item.kind === "data" ? this.hook.drop("queue_full", item.length) : undefined;
    // Items that arrive while the branch catches up are appended to the queue.
    if (!this.#full && this.#waiting.length === 0) {
      if (this.hook.send(item) === false) this.#full = true;
      // The error of one of several receivers is not passed to the sender.
      item.refusal = null;
      return;
    }
    // A signal is always kept: without it the receiver would wait forever. The first of several counts.
    if (item.kind !== "data" && this.#waiting.at(-1)?.item.kind === item.kind) return;
    const bytes = Math.max(item.length, ITEM_BYTES);
    if (item.kind === "data" && !this.#makeRoom(bytes)) return this.#overflow(item);
    this.#waiting.push({ item: keepItem(item), bytes });
    this.#waitingBytes += bytes;
  }

  /** Ends the branch: an end of file follows the queue, a reset replaces it. */
  end(sign: Item): void {
    if (this.#cut) return;
    if (sign.kind === "eof") {
      if (!this.#ended) this.send(sign);
      this.#ended = true;
      return;
    }
    this.#drop(sign.reason);
    this.#cut = true;
    this.hook.send(sign);
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

  /** Bytes that wait for the receiver; signals count too. */
  get held(): number {
    return this.#waitingBytes;
  }

  /** The receiver was removed: its queue is dropped and counted. */
  close(): void {
    this.#drop("no_destination");
  }

  /**
   * Drops the queue. A receiver that misses data is reset, because otherwise it would see a normal end of the stream.
   */
  discard(reason: CloseReason): void {
    if (this.#waiting.length === 0) return;
    this.#drop(reason);
    this.#cut = true;
    this.hook.send(new Item().signal("abort", reason));
  }

  #drop(reason: CloseReason): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { item } of waiting) {
      if (item.kind === "data") this.hook.drop(reason, item.length);
      item.buffer.release();
    }
  }

  /** True if this many more bytes may wait; `drop-oldest` makes room. */
  #makeRoom(bytes: number): boolean {
    const { policy, bytes: limit } = this.policy;
    while (this.#waitingBytes + bytes > limit) {
      const oldest = this.#waiting[0];
      if (policy !== "drop-oldest" || bytes > limit || oldest?.item.kind !== "data") return false;
      this.#waiting.shift();
      this.#waitingBytes -= oldest.bytes;
      oldest.item.buffer.release();
      this.hook.dropKept("queue_full", oldest.item.length);
    }
    return true;
  }

  #overflow(item: Item): void {
    this.hook.drop("queue_full", item.length);
    const { policy } = this.policy;
    if (policy === "drop-newest" || policy === "drop-oldest") return;
    if (policy !== "disconnect" && item.whole) return;
    this.#drop("queue_full");
    this.#cut = true;
    this.hook.send(new Item().signal("abort", "queue_full"));
  }
}

/** The bytes that wait in branches. */
export function heldIn(branches: Iterable<Branch>): number {
  let held = 0;
  for (const branch of branches) held += branch.held;
  return held;
}

/** Drops and counts what waits in branches, which then end. */
export function discardAll(branches: Iterable<Branch>, reason: CloseReason): void {
  for (const branch of [...branches]) branch.discard(reason);
}
