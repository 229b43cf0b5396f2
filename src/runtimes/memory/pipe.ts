/**
 * One direction of a connection in memory: a finite pipe that a full receiver stops.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import type { TurnQueue } from "./turns.ts";
import { HIGH_WATER_BYTES, SendQueue } from "../core/send_queue.ts";

/** What the system would hold between the two ends; what is beyond counts as queued at the sender. */
export const SYSTEM_BYTES: number = 64 * 1024;

/** The end that reads. */
export interface PipeReader {
  arrived(octets: Octets): void | false;
  ended(): void;
}

/** The end that writes. */
export interface PipeWriter {
  drained(): void;
  /** Everything was read, the end too. */
  flushed(): void;
}

/** Carries octets one way, in turns. */
export class MemoryPipe {
  readonly #host: { readonly pool: BufferPool; readonly turns: TurnQueue };
  readonly #queue: SendQueue;
  readonly #writer: PipeWriter;
  #reader: PipeReader | null = null;
  #reading = false;
  #discarding = false;
  #lost = false;
  #taken = 0;
  #full = false;
  #ending = false;
  #done = false;
  #scheduled = false;

  constructor(host: { readonly pool: BufferPool; readonly turns: TurnQueue }, writer: PipeWriter) {
    this.#host = host;
    this.#queue = new SendQueue(host.pool);
    this.#writer = writer;
  }

  /** Octets that the sender has and the system would not. */
  get queuedBytes(): number {
    return Math.max(0, this.#queue.bytes - SYSTEM_BYTES);
  }

  /** Octets that the reader has taken. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** True once the end was asked for. */
  get ending(): boolean {
    return this.#ending;
  }

  /** True when nothing moves here any more. */
  get done(): boolean {
    return this.#done;
  }

  /** True when octets came that a closed receiver never took. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Takes octets; false when it is full now. */
  send(octets: Octets): void | false {
    this.#queue.push(octets);
    this.#schedule();
    if (this.queuedBytes <= HIGH_WATER_BYTES) return;
    this.#full = true;
    return false;
  }

  /** Ends the direction behind what is in it. */
  end(): void {
    this.#ending = true;
    this.#schedule();
  }

  /** Gives it the end that reads. */
  attach(reader: PipeReader): void {
    this.#reader = reader;
    this.#schedule();
  }

  /** Reads on. */
  resume(): void {
    this.#reading = true;
    this.#schedule();
  }

  /** The reader has closed: what comes is dropped. */
  discard(): void {
    this.#discarding = true;
    this.#schedule();
  }

  /** Drops everything; nothing is called any more. */
  cut(): void {
    this.#done = true;
    this.#queue.clear();
  }

  #schedule(): void {
    if (this.#scheduled || this.#done || !(this.#reading || this.#discarding)) return;
    this.#scheduled = true;
    this.#host.turns.post(() => {
      this.#scheduled = false;
      this.#step();
    });
  }

  #step(): void {
    const reader = this.#reader;
    if (this.#done || reader === null || !(this.#reading || this.#discarding)) return;
    const bytes = this.#queue.peek();
    if (bytes === null) return this.#ending ? this.#finish(reader) : undefined;
    const count = Math.min(bytes.length, SYSTEM_BYTES);
    if (this.#discarding) this.#lost = true;
    else this.#hand(bytes.subarray(0, count), reader);
    if (this.#done) return; // The receiver has ended it from within.
    this.#queue.take(count);
    this.#taken += count;
    if (this.#full && this.queuedBytes <= HIGH_WATER_BYTES) {
      this.#full = false;
      this.#writer.drained();
    }
    this.#schedule();
  }

  /** A copy, as the system makes one: the receiver may keep its buffer and the sender's is free. */
  #hand(bytes: Uint8Array, reader: PipeReader): void {
    const buffer = this.#host.pool.take(64 * 1024);
    buffer.bytes.set(bytes);
    if (reader.arrived({ buffer, offset: 0, length: bytes.length }) === false) this.#reading = false;
    buffer.release();
  }

  #finish(reader: PipeReader): void {
    this.#done = true;
    if (!this.#discarding) reader.ended();
    this.#writer.flushed();
  }
}
