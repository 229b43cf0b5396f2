/**
 * What came in for a program and waits to be read: bounded in octets, and whoever reads is woken.
 *
 * Signs (an end, a hook that is gone) are never dropped: there are as many as there are hooks.
 *
 * @module
 */

import type { SessionEvent } from "../../graph/session/session.ts";
import { AwaitableQueue } from "../awaitable_queue.ts";

/** What a program reads: data, messages that other nodes sent to its own, and the signs beside it. */
export type SocketItem = Extract<SessionEvent, { readonly kind: "data" | "command" | "eof" | "abort" | "unhooked" }>;

/**
 * What becomes of data when the queue is full.
 *
 * - `block`: the path waits, and nothing is lost where the sender can wait
 * - `drop-newest`: what comes is dropped
 * - `drop-oldest`: what has waited longest is dropped
 */
export type OverflowPolicy = "block" | "drop-newest" | "drop-oldest";

/** How a queue is bounded. */
export interface InboxOptions {
  readonly queueBytes: number;
  readonly overflow: OverflowPolicy;
  /** There is room again, after `put` answered false. */
  readonly onRoom: () => void;
}

/** What an item costs beside its octets: empty datagrams are bounded too. */
const ITEM_BYTES = 64;

/** A queue with one end for the graph and one for the program. */
export class SocketInbox {
  readonly #options: InboxOptions;
  readonly #queue = new AwaitableQueue<SocketItem>();
  #bytes = 0;
  #dropped = 0;
  #full = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Items of data, and messages, that were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @returns false when it was taken and nothing more shall come until `onRoom` */
  put(item: SocketItem): boolean {
    if (!this.#makeRoom(item)) {
      this.#dropped++;
      return true;
    }
    if (this.#queue.push(item)) return true;
    this.#bytes += costOf(item);
    this.#full = this.#options.overflow === "block" && this.#bytes >= this.#options.queueBytes;
    return !this.#full;
  }

  /** The next item; null when there will be none any more. */
  take(): Promise<SocketItem | null> {
    return this.#queue.next((item) => {
      this.#bytes -= costOf(item);
      this.#tellRoom();
    });
  }

  /** Nothing comes any more; what waits can still be read. */
  end(): void {
    this.#queue.end();
  }

  /** @returns false when there is none for it */
  #makeRoom(item: SocketItem): boolean {
    const { overflow, queueBytes } = this.#options;
    if (isSign(item) || overflow === "block") return true;
    // A reader that waits takes it at once: then nothing is in the queue.
    let excess = this.#bytes === 0 ? 0 : this.#bytes + costOf(item) - queueBytes;
    if (excess > 0 && overflow === "drop-oldest") {
      this.#queue.drop((old) => {
        if (excess <= 0 || isSign(old)) return false;
        excess -= costOf(old);
        this.#bytes -= costOf(old);
        this.#dropped++;
        return true;
      });
    }
    return excess <= 0;
  }

  /** Half of it must be free: who is let go on for every item is let go on too often. */
  #tellRoom(): void {
    if (!this.#full || this.#bytes * 2 > this.#options.queueBytes) return;
    this.#full = false;
    this.#options.onRoom();
  }
}

function costOf(item: SocketItem): number {
  if (item.kind === "data") return item.octets.length + ITEM_BYTES;
  return item.kind === "command" ? item.command.length + (item.text?.length ?? 0) + ITEM_BYTES : 0;
}

function isSign({ kind }: SocketItem): boolean {
  return kind !== "data" && kind !== "command";
}
