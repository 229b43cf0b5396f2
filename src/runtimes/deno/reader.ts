/**
 * The reading half of a connection: one read is pending while the owner reads, into a buffer that grows with the flow
 * and shrinks when it idles.
 *
 * A buffer that the owner kept (by retaining it) is released and replaced; otherwise it is used again, so that a flow
 * allocates only what Deno's read allocates.
 *
 * @module
 */

import { BUFFER_SIZES, type BufferPool, type BufferSize, type SharedBuffer } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";

/** The source of the bytes: the part of `Deno.Conn` that reads. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number | null>;
}

/** The events of reading. No calls follow `ended` or `failed`. */
export interface ReaderEvents {
  receive(octets: Octets): void | false;
  ended(): void;
  failed(error: unknown): void;
}

/**
 * After this number of consecutive reads that fill less than a quarter of the buffer, the next buffer is a size
 * smaller.
 */
const SMALL_READS = 2;

/**
 * Reads a connection on request. Two callbacks follow every read, rather than an `async` function: its allocations
 * would be a large part of a short connection's garbage.
 */
export class DenoReader {
  readonly #source: ByteSource;
  readonly #pool: BufferPool;
  readonly #events: ReaderEvents;
  readonly #read = (count: number | null): void => this.#arrived(count);
  readonly #broke = (error: unknown): void => this.#failed(error);
  /** The buffer for a read; null while no read is pending. */
  #buffer: SharedBuffer | null = null;
  #step = 0;
  #smallReads = 0;
  #wanted = false;
  #stopped = false;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(source: ByteSource, pool: BufferPool, events: ReaderEvents) {
    this.#source = source;
    this.#pool = pool;
    this.#events = events;
  }

  /** True while a read is pending or its result is being passed on. */
  get active(): boolean {
    return this.#buffer !== null;
  }

  /** Continues reading. A second call does nothing. */
  resume(): void {
    if (this.#stopped) return;
    this.#wanted = true;
    if (this.#buffer === null) this.#readInto(this.#pool.take(this.#size));
  }

  /** No more events. A read that is pending ends when the connection is closed. */
  stop(): void {
    this.#stopped = true;
    this.#wanted = false;
  }

  /** Resolves when nothing is pending. */
  idle(): Promise<void> {
    if (this.#buffer === null) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  get #size(): BufferSize {
    return BUFFER_SIZES[this.#step] ?? BUFFER_SIZES[0];
  }

  #readInto(buffer: SharedBuffer): void {
    this.#buffer = buffer;
    this.#source.read(buffer.bytes).then(this.#read, this.#broke);
  }

  #arrived(count: number | null): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    if (this.#stopped) return this.#releaseBuffer(buffer);
    if (count === null) {
      this.#readingEnded(buffer);
      return this.#events.ended();
    }
    try {
      if (this.#events.receive({ buffer, offset: 0, length: count }) === false) this.#wanted = false;
    } catch (error) {
      return this.#failed(error);
    }
    const size = this.#size;
    this.#adapt(count, size);
    if (!this.#wanted) this.#releaseBuffer(buffer);
    else this.#readInto(this.#size === size && buffer.exclusive ? buffer : this.#exchange(buffer));
  }

  #failed(error: unknown): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    if (this.#stopped) return this.#releaseBuffer(buffer);
    this.#readingEnded(buffer);
    this.#events.failed(error);
  }

  /** No read is pending: the waiting caller may close the connection. */
  #readingEnded(buffer: SharedBuffer): void {
    this.stop();
    this.#releaseBuffer(buffer);
  }

  /** A buffer is kept only during the read into it. */
  #releaseBuffer(buffer: SharedBuffer): void {
    this.#buffer = null;
    buffer.release();
    this.#idle?.resolve();
    this.#idle = null;
  }

  #exchange(buffer: SharedBuffer): SharedBuffer {
    buffer.release();
    return this.#pool.take(this.#size);
  }

  /** Chooses the size for the next read, after one of `count` bytes into `size`. */
  #adapt(count: number, size: BufferSize): void {
    if (count === size) {
      this.#smallReads = 0;
      if (this.#step < BUFFER_SIZES.length - 1) this.#step++;
    } else if (this.#pool.scarce) {
      // There was no more data: the next read will wait, perhaps forever, and Deno cannot return its buffer.
      this.#smallReads = 0;
      this.#step = 0;
    } else if (count * 4 > size) {
      this.#smallReads = 0;
    } else if (++this.#smallReads >= SMALL_READS) {
      this.#smallReads = 0;
      if (this.#step > 0) this.#step--;
    }
  }
}
