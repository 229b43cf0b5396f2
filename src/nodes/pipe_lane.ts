/**
 * One direction of a pipe: items wait for the line, are on it as long as their bits take, and arrive after the delay.
 *
 * Nothing overtakes, neither data nor an end of file. Pieces of a stream are never dropped because of missing room;
 * they push back. Time and random numbers are injected.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";
import type { CloseReason } from "../graph/data/close_reason.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import type { Hook } from "../graph/core/hook.ts";
import { Item, keepItem } from "../graph/core/item.ts";
import type { LaneRun, LaneStats } from "./pipe_commands.ts";
import type { LaneConfig } from "./pipe_config.ts";

/** The limit of bytes in a lane, on the line and in transit; a stream is ended at twice as many. */
const MAX_BYTES = 16 * 1024 * 1024;
/**
 * The number of bytes of a stream that wait for the line before it is pushed back: reads have up to 512 KiB, so a
 * number of slots would not be useful.
 */
const MAX_STREAM_BYTES = 256 * 1024;
/** The minimum cost of an item, in bytes. */
const ITEM_BYTES = 64;
/** Times that differ by less than this are equal, in milliseconds: sums of fractions are not exact. */
const SAME_MS = 0.001;

interface Waiting {
  readonly item: Item;
  /** The time at which it has left the line. */
  readonly sentAt: number;
  /** The time at which it arrives. */
  readonly dueAt: number;
}

/** One direction of a pipe. */
export class Lane {
  config: LaneConfig;
  /** The overhead of each item on the line, in octets. */
  overhead = 0;
  readonly #clock: Clock;
  readonly #random: () => number;
  #from: Hook | null = null;
  #to: Hook | null = null;
  /** Items that wait for the line or are on it, and items that have left it. */
  #queue: Waiting[] = [];
  #delayed: Waiting[] = [];
  #bytes = 0;
  /** Bytes of items that have not left the line. */
  #queuedBytes = 0;
  #busyUntil = 0;
  #lastDue = 0;
  #timer: Timer | null = null;
  /** The receiver is full. */
  #full = false;
  readonly #pressure = new BackPressure();
  #stats = noStats();

  constructor(clock: Clock, options: { config: LaneConfig; random: () => number }) {
    this.#clock = clock;
    this.config = options.config;
    this.#random = options.random;
  }

  /** The source; null if the hook was removed. */
  set from(hook: Hook | null) {
    if (this.#from !== null) this.#pressure.forget(this.#from);
    this.#from = hook;
  }

  /** The destination; null if the hook was removed, with all items in transit. */
  set to(hook: Hook | null) {
    this.#to = hook;
    this.#full = false;
    if (hook !== null) return;
    this.#drop("no_destination");
    this.#resumeSender();
  }

  /** Bytes in transit, if there is a receiver. */
  get held(): number {
    return this.#to === null ? 0 : this.#bytes;
  }

  /** The counts. */
  stats(): LaneStats {
    const { counts, lost, duplicated } = this.#stats;
    return {
      FwdOctets: BigInt(counts.forwarded.octets),
      FwdFrames: BigInt(counts.forwarded.frames),
      queueDropOctets: BigInt(counts.queueDrop.octets),
      queueDropFrames: BigInt(counts.queueDrop.frames),
      delayDropOctets: BigInt(counts.delayDrop.octets),
      delayDropFrames: BigInt(counts.delayDrop.frames),
      lostFrames: BigInt(lost),
      duplicateFrames: BigInt(duplicated),
    };
  }

  /** Clears the counts. */
  clearStats(): void {
    this.#stats = noStats();
  }

  /** The queue. */
  run(): LaneRun {
    const octets = (list: readonly Waiting[]) => list.reduce((sum, { item }) => sum + item.length, 0);
    return {
      queues: this.#queue.length > 0 ? 1 : 0,
      queuedOctets: octets(this.#queue),
      queuedFrames: this.#queue.length,
      delayedOctets: octets(this.#delayed),
      delayedFrames: this.#delayed.length,
    };
  }

  receive(hook: Hook, item: Item): void | false {
    if (this.#to === null) return item.kind === "data" ? hook.drop("no_destination", item.length) : undefined;
    if (item.kind === "abort") {
      this.#drop(item.reason);
      this.#to.send(item);
      return;
    }
    this.#advance();
    const copies = item.kind === "data" ? this.#fate(hook, item) : 1;
    for (let copy = 0; copy < copies; copy++) this.#enqueue(item, copy);
    this.#advance();
    this.#arm();
    return this.#isFull() ? this.#pressure.stop(hook) : undefined;
  }

  /** The receiver has room again. */
  resumed(): void {
    this.#full = false;
    this.#wake();
  }

  /** Sends all items in transit immediately, regardless of the line. */
  flush(): void {
    if (this.#to === null) return;
    const waiting = this.#take();
    for (const { item } of waiting) {
      this.#send(item);
      item.buffer.release();
    }
  }

  /** Drops items in transit, and resets the receiver, because otherwise it would see a complete stream. */
  discard(reason: CloseReason): void {
    if (this.held === 0) return;
    this.#drop(reason);
    this.#to?.send(new Item().signal("abort", reason));
  }

  /** The number of copies of an item: none, one, or two. */
  #fate(hook: Hook, item: Item): 0 | 1 | 2 {
    if (!this.#makeRoom(hook, item)) return 0;
    const { BER, loss, duplicate } = this.config;
    // Random numbers are used only if needed, so that the losses of one lane do not change those of another.
    const broken = BER > 0 && this.#random() >= (1 - 1 / BER) ** ((item.length + this.overhead) * 8);
    if (broken || (loss > 0 && this.#random() * 100 < loss)) {
      this.#stats.lost++;
      // It has used the line anyway.
      this.#occupy(item);
      return 0;
    }
    if (duplicate === 0 || this.#random() * 100 >= duplicate) return 1;
    this.#stats.duplicated++;
    return 2;
  }

  #makeRoom(hook: Hook, item: Item): boolean {
    const { queuelen, delaylen, drophead } = this.config;
    if (!item.whole) return this.#bytes <= 2 * MAX_BYTES || this.#abortStream(hook, item);
    const tooMany = this.#queue.length >= Math.max(1, queuelen);
    const tooLong = delaylen > 0 && this.#delayed.length >= delaylen;
    if (tooLong || this.#bytes + item.length > MAX_BYTES) return this.#refuse(hook, item, "delayDrop");
    if (!tooMany) return true;
    // The first one is already on the line.
    const oldest = drophead ? this.#queue.findIndex((one, at) => at > 0 && one.item.kind === "data") : -1;
    const [removed] = oldest < 0 ? [] : this.#queue.splice(oldest, 1);
    if (removed === undefined) return this.#refuse(hook, item, "queueDrop");
    add(this.#stats.counts.queueDrop, removed.item);
    hook.dropKept("queue_full", removed.item.length);
    this.#queuedBytes -= sizeOf(removed.item);
    this.#release(removed);
    return true;
  }

  #refuse(hook: Hook, item: Item, count: "queueDrop" | "delayDrop"): false {
    add(this.#stats.counts[count], item);
    hook.drop("queue_full", item.length);
    return false;
  }

  /** A stream that continues although it was pushed back ends, because it would have a gap. */
  #abortStream(hook: Hook, item: Item): false {
    hook.drop("queue_full", item.length);
    this.#drop("queue_full");
    this.#to?.send(new Item().signal("abort", "queue_full"));
    hook.send(new Item().signal("abort", "queue_full"));
    return false;
  }

  /** The time at which the item has left the line. */
  #occupy(item: Item): number {
    const now = this.#clock.now();
    const { bandwidth } = this.config;
    const bits = item.kind === "data" ? (item.length + this.overhead) * 8 : 0;
    const start = Math.max(now, this.#busyUntil);
    this.#busyUntil = bandwidth > 0 ? start + (bits * 1000) / bandwidth : now;
    return this.#busyUntil;
  }

  #enqueue(item: Item, copy: number): void {
    // The copy is sent with the item, as netgraph's does.
    const sentAt = copy === 0 ? this.#occupy(item) : this.#busyUntil;
    const dueAt = Math.max(this.#lastDue, sentAt + this.config.delay / 1000);
    const idle = this.#queue.length === 0 && this.#delayed.length === 0;
    if (idle && !this.#full && dueAt <= this.#clock.now()) return this.#send(item);
    this.#lastDue = dueAt;
    const kept = { item: keepItem(item), sentAt, dueAt };
    this.#queue.push(kept);
    this.#bytes += sizeOf(kept.item);
    this.#queuedBytes += sizeOf(kept.item);
  }

  #wake(): void {
    this.#advance();
    this.#arm();
    this.#resumeSender();
  }

  /** Items that have left the line are in transit; due items arrive. */
  #advance(): void {
    const now = this.#clock.now() + SAME_MS;
    for (let next = this.#queue[0]; next !== undefined && next.sentAt <= now; next = this.#queue[0]) {
      this.#queue.shift();
      this.#queuedBytes -= sizeOf(next.item);
      this.#delayed.push(next);
    }
    while (!this.#full) {
      const next = this.#delayed[0];
      if (next === undefined || next.dueAt > now) return;
      this.#delayed.shift();
      this.#send(next.item);
      this.#release(next);
    }
  }

  #send(item: Item): void {
    if (this.#to === null) return;
    if (item.kind === "data") add(this.#stats.counts.forwarded, item);
    if (this.#to.send(item) === false) this.#full = true;
  }

  /** Sets a timer for the next item that leaves the line or arrives; a full receiver resumes it otherwise. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const times = [this.#queue[0]?.sentAt, this.#full ? undefined : this.#delayed[0]?.dueAt];
    const next = Math.min(...times.filter((time) => time !== undefined));
    if (next === Infinity) return;
    this.#timer = this.#clock.after(Math.max(0, next - this.#clock.now()), () => this.#wake());
  }

  #isFull(): boolean {
    if (this.#full || this.#bytes >= MAX_BYTES) return true;
    // Datagrams are dropped if too many wait for the line, as on any other line; pieces of a stream are not.
    if (this.#queue.at(-1)?.item.whole !== false) return false;
    return this.#queuedBytes >= MAX_STREAM_BYTES || this.#queue.length >= Math.max(1, this.config.queuelen);
  }

  #resumeSender(): void {
    if (!this.#isFull()) this.#pressure.resume(this.#from);
  }

  #release({ item }: Waiting): void {
    this.#bytes -= sizeOf(item);
    item.buffer.release();
  }

  /** Removes all items in transit, in order. */
  #take(): readonly Waiting[] {
    this.#timer?.cancel();
    this.#timer = null;
    const waiting = [...this.#delayed, ...this.#queue];
    this.#delayed = [];
    this.#queue = [];
    this.#bytes = 0;
    this.#queuedBytes = 0;
    this.#busyUntil = 0;
    this.#lastDue = 0;
    return waiting;
  }

  /** Drops items in transit, counted at the hook of their arrival. */
  #drop(reason: CloseReason): void {
    const hook = this.#from ?? this.#to;
    for (const { item } of this.#take()) {
      if (item.kind === "data") hook?.drop(reason, item.length);
      item.buffer.release();
    }
  }
}

interface Counts {
  octets: number;
  frames: number;
}

function noStats() {
  const none = (): Counts => ({ octets: 0, frames: 0 });
  return { counts: { forwarded: none(), queueDrop: none(), delayDrop: none() }, lost: 0, duplicated: 0 };
}

function add(counts: Counts, item: Item): void {
  counts.frames++;
  counts.octets += item.length;
}

/** The memory of a waiting item: the whole buffer, if the rest of it is kept too. */
function sizeOf({ length, buffer }: Item): number {
  return Math.max(length, length === 0 ? 0 : buffer.bytes.length, ITEM_BYTES);
}
