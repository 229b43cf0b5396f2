/**
 * The writing half of a connection: a queue with one write in flight, so that reading and writing overlap.
 *
 * Bytes may be queued before there is a connection; `start` starts writing them.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import { HIGH_WATER_BYTES, SendQueue } from "../core/send_queue.ts";

/** The destination of the bytes: the part of `Deno.Conn` that writes. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
}

/** The events of writing. No calls follow `failed`. */
export interface WriterEvents {
  drained(): void;
  failed(error: unknown): void;
}

/** Writes the bytes that it receives to a connection, in order. */
export class DenoWriter {
  readonly #queue: SendQueue;
  readonly #events: WriterEvents;
  #sink: ByteSink | null = null;
  readonly #wrote = (count: number): void => this.#taken(count);
  readonly #shut = (): void => this.#writeEnded();
  readonly #broke = (error: unknown): void => this.#failed(error);
  /** True while a write, or the end, is in flight. */
  #running = false;
  /** Runs before the next write. */
  #between: (() => void) | null = null;
  #idle: PromiseWithResolvers<void> | null = null;
  #full = false;
  #ending = false;
  #ended = false;
  #stopped = false;

  constructor(pool: BufferPool, events: WriterEvents) {
    this.#queue = new SendQueue(pool);
    this.#events = events;
  }

  /** Bytes that the system has not accepted. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** True once the end was requested: nothing more may be sent. */
  get ending(): boolean {
    return this.#ending;
  }

  /** True while work is left: bytes, or the requested end. */
  get busy(): boolean {
    return this.#running;
  }

  /** Starts writing. */
  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#wake();
  }

  /** Accepts bytes; false when it is now full. */
  send(octets: Octets): void | false {
    if (this.#stopped) return;
    this.#queue.push(octets);
    this.#wake();
    if (this.#queue.bytes <= HIGH_WATER_BYTES) return;
    this.#full = true;
    return false;
  }

  /** Ends the direction after the queue. */
  end(): void {
    this.#ending = true;
    this.#wake();
  }

  /**
   * Runs `task` while nothing is in flight: now, or after the write in flight. A later task replaces a waiting one. The
   * task is dropped if the connection fails or is stopped before it runs.
   */
  between(task: () => void): void {
    if (this.#running) this.#between = task;
    else task();
  }

  /** Drops the queue and makes no more calls. A write in flight ends when the connection is closed. */
  stop(): void {
    this.#stopped = true;
    if (!this.#running) this.#queue.clear();
  }

  /** Resolves when nothing is in flight and everything that can be written was written. */
  idle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  #wake(): void {
    if (this.#sink === null || this.#stopped || this.#running) return;
    const bytes = this.#queue.peek();
    if (bytes !== null) {
      this.#running = true;
      this.#sink.write(bytes).then(this.#wrote, this.#broke);
    } else if (this.#ending && !this.#ended) {
      this.#running = true;
      this.#ended = true;
      this.#sink.closeWrite().then(this.#shut, this.#broke);
    }
  }

  #taken(count: number): void {
    this.#queue.take(count);
    if (!this.#stopped) this.#reportDrained();
    this.#writeEnded();
  }

  #failed(error: unknown): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#events.failed(error);
    }
    this.#writeEnded();
  }

  /** Nothing is in flight: write the bytes that arrived meanwhile. */
  #writeEnded(): void {
    this.#running = false;
    this.#runBetween();
    if (this.#stopped) this.#queue.clear();
    else this.#wake();
    if (this.#running) return;
    this.#idle?.resolve();
    this.#idle = null;
  }

  #runBetween(): void {
    const task = this.#between;
    if (task === null) return;
    this.#between = null;
    if (!this.#stopped) task();
  }

  #reportDrained(): void {
    if (!this.#full || this.#queue.bytes > HIGH_WATER_BYTES) return;
    this.#full = false;
    this.#events.drained();
  }
}
