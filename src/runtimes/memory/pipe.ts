/**
 * One direction of a connection in memory: a finite pipe, which stops while the receiver is full.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import type { TurnQueue } from "./turns.ts";
import { HIGH_WATER_BYTES, SendQueue } from "../core/send_queue.ts";

/** The capacity of the system's buffers between the two ends; bytes beyond it count as queued at the sender. */
export const SYSTEM_BYTES: number = 64 * 1024;

/** The end that reads. */
export interface PipeReader {
  arrived(octets: Octets): void | false;
  ended(): void;
}

/** The end that writes. */
export interface PipeWriter {
  drained(): void;
  /** Everything was read, including the end. */
  flushed(): void;
}

/** Carries bytes in one direction, in turns. */
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

  /** Bytes that the sender has queued beyond the system's buffers. */
  get queuedBytes(): number {
    return Math.max(0, this.#queue.bytes - SYSTEM_BYTES);
  }

  /** Bytes that the reader has received. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** True once the end was requested. */
  get ending(): boolean {
    return this.#ending;
  }

  /** True when no more data can move here. */
  get done(): boolean {
    return this.#done;
  }

  /** True when bytes arrived that a closed receiver did not read. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Accepts bytes; false when it is now full. */
  send(octets: Octets): void | false {
    this.#queue.push(octets);
    this.#schedule();
    if (this.queuedBytes <= HIGH_WATER_BYTES) return;
    this.#full = true;
    return false;
  }

  /** Ends the direction after its content. */
  end(): void {
    this.#ending = true;
    this.#schedule();
  }

  /** Sets the end that reads. */
  attach(reader: PipeReader): void {
    this.#reader = reader;
    this.#schedule();
  }

  /** Continues reading. */
  resume(): void {
    this.#reading = true;
    this.#schedule();
  }

  /** The reader has closed: arriving bytes are dropped. */
  discard(): void {
    this.#discarding = true;
    this.#schedule();
  }

  /** Drops everything; no calls follow. */
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
    if (this.#done) return; // The receiver has closed it during the call.
    this.#queue.take(count);
    this.#taken += count;
    if (this.#full && this.queuedBytes <= HIGH_WATER_BYTES) {
      this.#full = false;
      this.#writer.drained();
    }
    this.#schedule();
  }

  /** A copy, as the system makes one: the receiver may keep its buffer, and the sender's buffer is free. */
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
