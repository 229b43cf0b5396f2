/**
 * The reading half of a connection: one read is pending while the owner wants data, into a buffer that grows with the
 * flow and shrinks when it idles.
 *
 * A buffer that the owner kept (by retaining it) is let go and another is taken; one that came back is used again, so
 * that a flow allocates nothing but what Deno's read makes.
 *
 * @module
 */

import { BUFFER_SIZES, type BufferPool, type BufferSize, type SharedBuffer } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";

/** Where octets come from: the part of `Deno.Conn` that is read. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number | null>;
}

/** What reading leads to. After `ended` or `failed` nothing more is called. */
export interface ReaderEvents {
  receive(octets: Octets): void | false;
  ended(): void;
  failed(error: unknown): void;
}

/** After so many reads in a row that fill less than a quarter of the buffer, the next buffer is a size smaller. */
const SMALL_READS = 2;

/** Reads a connection whenever it is told to. */
export class DenoReader {
  readonly #source: ByteSource;
  readonly #pool: BufferPool;
  readonly #events: ReaderEvents;
  #step = 0;
  #smallReads = 0;
  #running: Promise<void> | null = null;
  #wanted = false;
  #stopped = false;

  constructor(source: ByteSource, pool: BufferPool, events: ReaderEvents) {
    this.#source = source;
    this.#pool = pool;
    this.#events = events;
  }

  /** True while a read is pending or its result is being handed on. */
  get active(): boolean {
    return this.#running !== null;
  }

  /** Reads on. Doing it twice does nothing. */
  resume(): void {
    if (this.#stopped) return;
    this.#wanted = true;
    this.#running ??= this.#run();
  }

  /** No more events. A read that is pending ends when the connection is closed. */
  stop(): void {
    this.#stopped = true;
    this.#wanted = false;
  }

  /** Settles when nothing is pending. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /**
   * Reads until the owner is full or nothing is left; a buffer is held no longer than that. Its caller has returned
   * before anything is handed on, as the first read takes a turn at least.
   */
  async #run(): Promise<void> {
    let size = BUFFER_SIZES[this.#step] ?? BUFFER_SIZES[0];
    let buffer = this.#pool.take(size);
    try {
      while (this.#wanted) {
        const count = await this.#source.read(buffer.bytes);
        if (this.#stopped) break;
        if (count === null) {
          this.#over();
          this.#events.ended();
          break;
        }
        if (this.#events.receive({ buffer, offset: 0, length: count }) === false) this.#wanted = false;
        const next = this.#adapt(count, size);
        if (next !== size || !buffer.exclusive) buffer = this.#exchange(buffer, next);
        size = next;
      }
    } catch (error) {
      if (!this.#stopped) {
        this.#over();
        this.#events.failed(error);
      }
    } finally {
      buffer.release();
      this.#running = null;
    }
  }

  /** Nothing is pending any more: who is told so may close at once. */
  #over(): void {
    this.stop();
    this.#running = null;
  }

  #exchange(buffer: SharedBuffer, size: BufferSize): SharedBuffer {
    buffer.release();
    return this.#pool.take(size);
  }

  /** The size for the next read, after one of `count` octets into `size`. */
  #adapt(count: number, size: BufferSize): BufferSize {
    if (count === size) {
      this.#smallReads = 0;
      if (this.#step < BUFFER_SIZES.length - 1) this.#step++;
    } else if (this.#pool.scarce) {
      // There was no more to read: the next read will wait, perhaps for ever, and Deno cannot take its buffer back.
      this.#smallReads = 0;
      this.#step = 0;
    } else if (count * 4 > size) {
      this.#smallReads = 0;
    } else if (++this.#smallReads >= SMALL_READS) {
      this.#smallReads = 0;
      if (this.#step > 0) this.#step--;
    }
    return BUFFER_SIZES[this.#step] ?? BUFFER_SIZES[0];
  }
}
