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

/**
 * Reads a connection whenever it is told to. Two functions follow every read, and no `async` one: what that makes for
 * itself would be a good part of a short connection's garbage.
 */
export class DenoReader {
  readonly #source: ByteSource;
  readonly #pool: BufferPool;
  readonly #events: ReaderEvents;
  readonly #read = (count: number | null): void => this.#arrived(count);
  readonly #broke = (error: unknown): void => this.#failed(error);
  /** What is read into; null while no read is pending. */
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

  /** True while a read is pending or its result is being handed on. */
  get active(): boolean {
    return this.#buffer !== null;
  }

  /** Reads on. Doing it twice does nothing. */
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

  /** Settles when nothing is pending. */
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
    if (this.#stopped) return this.#rest(buffer);
    if (count === null) {
      this.#over(buffer);
      return this.#events.ended();
    }
    try {
      if (this.#events.receive({ buffer, offset: 0, length: count }) === false) this.#wanted = false;
    } catch (error) {
      return this.#failed(error);
    }
    const size = this.#size;
    this.#adapt(count, size);
    if (!this.#wanted) this.#rest(buffer);
    else this.#readInto(this.#size === size && buffer.exclusive ? buffer : this.#exchange(buffer));
  }

  #failed(error: unknown): void {
    const buffer = this.#buffer;
    if (buffer === null) return;
    if (this.#stopped) return this.#rest(buffer);
    this.#over(buffer);
    this.#events.failed(error);
  }

  /** Nothing is pending any more: who is told so may close at once. */
  #over(buffer: SharedBuffer): void {
    this.stop();
    this.#rest(buffer);
  }

  /** A buffer is held no longer than it is read into. */
  #rest(buffer: SharedBuffer): void {
    this.#buffer = null;
    buffer.release();
    this.#idle?.resolve();
    this.#idle = null;
  }

  #exchange(buffer: SharedBuffer): SharedBuffer {
    buffer.release();
    return this.#pool.take(this.#size);
  }

  /** Chooses the size for the next read, after one of `count` octets into `size`. */
  #adapt(count: number, size: BufferSize): void {
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
  }
}
