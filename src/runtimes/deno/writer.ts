/**
 * The writing half of a connection: a queue with one write in flight, so that reading and writing overlap.
 *
 * Octets may be queued before there is a connection; `start` begins to write them.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";
import { HIGH_WATER_BYTES, SendQueue } from "../core/send_queue.ts";

/** Where octets go: the part of `Deno.Conn` that is written. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
}

/** What writing leads to. After `failed` nothing more is called. */
export interface WriterEvents {
  drained(): void;
  failed(error: unknown): void;
}

/** Writes to a connection what it was given, in order. */
export class DenoWriter {
  readonly #queue: SendQueue;
  readonly #events: WriterEvents;
  #sink: ByteSink | null = null;
  readonly #wrote = (count: number): void => this.#taken(count);
  readonly #shut = (): void => this.#rest();
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

  /** Octets that the system has not taken. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** True once the end was asked for: nothing more may be sent. */
  get ending(): boolean {
    return this.#ending;
  }

  /** True while something is still to be done: octets, or the end that was asked for. */
  get busy(): boolean {
    return this.#running;
  }

  /** Begins to write. */
  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#wake();
  }

  /** Takes octets; false when it is full now. */
  send(octets: Octets): void | false {
    if (this.#stopped) return;
    this.#queue.push(octets);
    this.#wake();
    if (this.#queue.bytes <= HIGH_WATER_BYTES) return;
    this.#full = true;
    return false;
  }

  /** Ends the direction behind what is queued. */
  end(): void {
    this.#ending = true;
    this.#wake();
  }

  /**
   * Runs `task` while nothing is in flight: now, or behind the write that is. A later task replaces one that waits. A
   * connection that fails or is stopped before that needs it no more.
   */
  between(task: () => void): void {
    if (this.#running) this.#between = task;
    else task();
  }

  /** Drops what is queued and calls nothing more. A write in flight ends when the connection is closed. */
  stop(): void {
    this.#stopped = true;
    if (!this.#running) this.#queue.clear();
  }

  /** Settles when nothing is in flight and all that can be written is. */
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
    if (!this.#stopped) this.#tellDrained();
    this.#rest();
  }

  #failed(error: unknown): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#events.failed(error);
    }
    this.#rest();
  }

  /** Nothing is in flight: what came meanwhile is next. */
  #rest(): void {
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

  #tellDrained(): void {
    if (!this.#full || this.#queue.bytes > HIGH_WATER_BYTES) return;
    this.#full = false;
    this.#events.drained();
  }
}
