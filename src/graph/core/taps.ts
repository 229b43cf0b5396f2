/**
 * The taps of a graph: the observers of connections, and the number of copies that wait for the reader. If the reader is
 * too slow, further copies are dropped and counted; connections never wait for it.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { GraphEvent } from "../data/event.ts";
import type { TapAct, TapRecord, TapRequest } from "../data/tap.ts";

/** The limit of copies that a reader has not taken yet, in bytes. */
const MAX_UNTAKEN = 1 << 20;
/** The memory of a record in addition to its data. */
const RECORD_BYTES = 128;
/** Records wait at most this long for others, in milliseconds. */
const COLLECT_MS = 20;
/** Copies of this many bytes are emitted at once. */
const BATCH_BYTES = 1 << 16;

/** The parts of a graph that a tap uses. */
export interface TapsOptions {
  /** The clock of the graph. */
  readonly clock: Clock;
  /** The index of the graph among those that act as one. */
  readonly part: number;
  /** Emits an event of the graph. */
  readonly emit: (event: GraphEvent) => void;
}

/** The taps of a graph. */
export class Taps {
  readonly #options: TapsOptions;
  readonly #open = new Map<number, Tap>();
  /** True while there is a tap. */
  isOn = false;

  /** No taps. */
  constructor(options: TapsOptions) {
    this.#options = options;
  }

  /** The open taps. */
  get all(): Iterable<Tap> {
    return this.#open.values();
  }

  /**
   * Opens or closes a tap, or records that its reader has read.
   *
   * @returns the tap, if it is a new one
   */
  act(act: TapAct): Tap | null {
    const known = this.#open.get(act.tap);
    if (act.kind === "taken") {
      known?.taken(act.cost);
      return null;
    }
    known?.close();
    this.#open.delete(act.tap);
    const tap = act.kind === "open" ? new Tap(act.tap, act.request, this.#options) : null;
    if (tap !== null) this.#open.set(act.tap, tap);
    this.isOn = this.#open.size > 0;
    return tap;
  }

  /** Ends all of them: the graph is closed. */
  close(): void {
    for (const tap of this.#open.values()) tap.close();
    this.#open.clear();
    this.isOn = false;
  }
}

/** One reader of copies. */
export class Tap {
  /** Its number. */
  readonly id: number;
  /** The observed connections. */
  readonly request: TapRequest;
  readonly #options: TapsOptions;
  #isClosed = false;
  #records: TapRecord[] = [];
  #cost = 0;
  /** The bytes that were emitted and not taken. */
  #untaken = 0;
  #lostItems = 0;
  #lostBytes = 0;
  /** True until a loss has been reported to the reader. */
  #hasUnreportedLoss = false;
  #timer: Timer | null = null;

  /** A tap whose reader has taken nothing yet. */
  constructor(id: number, request: TapRequest, options: TapsOptions) {
    this.id = id;
    this.request = request;
    this.#options = options;
  }

  /** True once it is closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The time, in milliseconds since 1970. */
  now(): number {
    return this.#options.clock.wall().getTime();
  }

  /** True if a copy of this many bytes would be emitted. */
  hasRoom(bytes: number): boolean {
    return this.#untaken + this.#cost + bytes + RECORD_BYTES <= MAX_UNTAKEN;
  }

  /** Emits a record with the next ones. */
  add(record: TapRecord): void {
    this.#records.push(record);
    this.#cost += RECORD_BYTES + (record.kind === "data" ? record.octets.length : 0);
    if (this.#cost >= BATCH_BYTES) this.#flush();
    else this.#wait();
  }

  /** Counts an item of which the reader gets no copy. */
  lose(bytes: number): void {
    this.#lostItems++;
    this.#lostBytes += bytes;
    this.#hasUnreportedLoss = true;
    // If the reader takes nothing, nothing more is sent to it.
    if (this.#untaken === 0) this.#wait();
  }

  /** The reader has taken this much. */
  taken(cost: number): void {
    this.#untaken = Math.max(0, this.#untaken - cost);
    if (this.#hasUnreportedLoss) this.#wait();
  }

  /** Ends it. */
  close(): void {
    this.#flush();
    this.#isClosed = true;
  }

  #wait(): void {
    if (!this.#isClosed) this.#timer ??= this.#options.clock.after(COLLECT_MS, () => this.#flush());
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#records.length === 0 && !this.#hasUnreportedLoss) return;
    // The report of the loss also uses space, once.
    const cost = this.#cost + RECORD_BYTES;
    const { part, emit } = this.#options;
    const lost = { items: this.#lostItems, bytes: this.#lostBytes };
    const records = this.#records;
    this.#records = [];
    this.#cost = 0;
    this.#untaken += cost;
    this.#hasUnreportedLoss = false;
    emit({ kind: "tapped", tap: this.id, part, records, cost, lost });
  }
}
