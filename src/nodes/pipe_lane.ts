/**
 * One way through a pipe: items wait for the line, are on it as long as their bits take, and arrive after the delay.
 *
 * Nothing overtakes: not the data, and not an end of file. Pieces of a stream are never dropped for want of room; they
 * push back. All time is the clock's, all chance is given.
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

/** How many bytes a lane keeps at most, on the line and under way; a stream is ended at twice as many. */
const MAX_BYTES = 16 * 1024 * 1024;
/** How many bytes of a stream wait for the line before it is pushed back: reads are up to 512 KiB, slots say little. */
const MAX_STREAM_BYTES = 256 * 1024;
/** What an item costs at least, in octets. */
const ITEM_BYTES = 64;
/** Times that are closer than this are the same, in milliseconds: sums of fractions are not exact. */
const SAME_MS = 0.001;

interface Waiting {
  readonly item: Item;
  /** When it has left the line. */
  readonly sentAt: number;
  /** When it arrives. */
  readonly dueAt: number;
}

/** One way through a pipe. */
export class Lane {
  config: LaneConfig;
  /** Octets that each item is longer on the line. */
  overhead = 0;
  readonly #clock: Clock;
  readonly #random: () => number;
  #from: Hook | null = null;
  #to: Hook | null = null;
  /** Those that wait for the line or are on it, and those that have left it. */
  #queue: Waiting[] = [];
  #delayed: Waiting[] = [];
  #bytes = 0;
  /** Bytes of those that have not left the line. */
  #queuedBytes = 0;
  #busyUntil = 0;
  #lastDue = 0;
  #timer: Timer | null = null;
  /** The receiver takes no more. */
  #full = false;
  readonly #pressure = new BackPressure();
  #stats = noStats();

  constructor(clock: Clock, options: { config: LaneConfig; random: () => number }) {
    this.#clock = clock;
    this.config = options.config;
    this.#random = options.random;
  }

  /** Where it comes from; null when the hook is gone. */
  set from(hook: Hook | null) {
    if (this.#from !== null) this.#pressure.forget(this.#from);
    this.#from = hook;
  }

  /** Where it goes; null when the hook is gone, and all that is under way with it. */
  set to(hook: Hook | null) {
    this.#to = hook;
    this.#full = false;
    if (hook !== null) return;
    this.#drop("no_destination");
    this.#resumeSender();
  }

  /** Bytes that are under way, to a receiver that is there. */
  get held(): number {
    return this.#to === null ? 0 : this.#bytes;
  }

  /** What passed. */
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

  /** Counts anew. */
  clearStats(): void {
    this.#stats = noStats();
  }

  /** What waits. */
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

  /** Sends all that is under way at once, whatever the line. */
  flush(): void {
    if (this.#to === null) return;
    const waiting = this.#take();
    for (const { item } of waiting) {
      this.#send(item);
      item.buffer.release();
    }
  }

  /** Gives up what is under way, and resets the receiver: it would take what it got for the whole stream. */
  discard(reason: CloseReason): void {
    if (this.held === 0) return;
    this.#drop(reason);
    this.#to?.send(new Item().signal("abort", reason));
  }

  /** How often an item goes on: not at all, once, or twice. */
  #fate(hook: Hook, item: Item): 0 | 1 | 2 {
    if (!this.#makeRoom(hook, item)) return 0;
    const { BER, loss, duplicate } = this.config;
    // Chance is asked only where there is some, so that one lane's losses do not move another's.
    const broken = BER > 0 && this.#random() >= (1 - 1 / BER) ** ((item.length + this.overhead) * 8);
    if (broken || (loss > 0 && this.#random() * 100 < loss)) {
      this.#stats.lost++;
      // It was on the line all the same.
      this.#occupy(item);
      return 0;
    }
    if (duplicate === 0 || this.#random() * 100 >= duplicate) return 1;
    this.#stats.duplicated++;
    return 2;
  }

  #makeRoom(hook: Hook, item: Item): boolean {
    const { queuelen, delaylen, drophead } = this.config;
    if (!item.whole) return this.#bytes <= 2 * MAX_BYTES || this.#giveUp(hook, item);
    const tooMany = this.#queue.length >= Math.max(1, queuelen);
    const tooLong = delaylen > 0 && this.#delayed.length >= delaylen;
    if (tooLong || this.#bytes + item.length > MAX_BYTES) return this.#refuse(hook, item, "delayDrop");
    if (!tooMany) return true;
    // The first one is on the line already.
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

  /** A stream that goes on though it was pushed back ends: it would have a hole. */
  #giveUp(hook: Hook, item: Item): false {
    hook.drop("queue_full", item.length);
    this.#drop("queue_full");
    this.#to?.send(new Item().signal("abort", "queue_full"));
    hook.send(new Item().signal("abort", "queue_full"));
    return false;
  }

  /** When the item has left the line. */
  #occupy(item: Item): number {
    const now = this.#clock.now();
    const { bandwidth } = this.config;
    const bits = item.kind === "data" ? (item.length + this.overhead) * 8 : 0;
    const start = Math.max(now, this.#busyUntil);
    this.#busyUntil = bandwidth > 0 ? start + (bits * 1000) / bandwidth : now;
    return this.#busyUntil;
  }

  #enqueue(item: Item, copy: number): void {
    // The copy goes with the item, as netgraph's does.
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

  /** What has left the line is under way; what is due arrives. */
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

  /** Wakes when the next one leaves the line or arrives; who waits for a full receiver is woken by that. */
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
    // Datagrams are dropped where too many wait for the line, as on any other line; pieces of a stream are not.
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

  /** Takes all away that is under way, in order. */
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

  /** Drops what is under way, counted where it came in. */
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

/** What keeping an item costs: the whole buffer, where the rest of that is held too. */
function sizeOf({ length, buffer }: Item): number {
  return Math.max(length, length === 0 ? 0 : buffer.bytes.length, ITEM_BYTES);
}
