/**
 * Buffers of bytes, and their ownership.
 *
 * A buffer that a socket read into is lent along the hooks; it returns to its pool when the last user has released it.
 * A callee that needs the bytes after the call retains the buffer, and releases it later. A buffer with more than one
 * user is never written to.
 *
 * @module
 */

/** The sizes of a pool, in bytes: small while a flow idles, large while it runs. */
export const BUFFER_SIZES = [2 * 1024, 64 * 1024, 256 * 1024] as const;

/** The read buffer of one thread's bulk streams: too large for each of many sockets. */
export const LARGE_BUFFER_BYTES = 512 * 1024;

/** A buffer of a pool. */
export type BufferSize = (typeof BUFFER_SIZES)[number] | typeof LARGE_BUFFER_BYTES;

/**
 * Memory with a count of its users.
 *
 * @example
 * ```ts
 * import { SharedBuffer } from "@sockgraph/sockgraph";
 *
 * const buffer = new SharedBuffer(new Uint8Array(1024));
 * const mine = buffer.retain();
 * mine.release();
 * console.log(buffer.bytes.length); // 1024
 * ```
 */
export class SharedBuffer {
  /** The octets. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #pool: BufferPool | null;
  #users = 1;

  /** Creates it from bytes, and the pool to which they return when the buffer is no longer retained. */
  constructor(bytes: Uint8Array<ArrayBuffer>, pool: BufferPool | null = null) {
    this.bytes = bytes;
    this.#pool = pool;
  }

  /** True when the caller is its only user, and so may write into it. */
  get exclusive(): boolean {
    return this.#users === 1;
  }

  /** Counts one more user. */
  retain(): this {
    this.#users++;
    return this;
  }

  /** Counts one user less; the last one returns the memory. */
  release(): void {
    if (this.#users === 0) throw new RangeError("Cannot release a buffer that is not in use");
    if (--this.#users === 0) this.#pool?.put(this.bytes);
  }
}

/** Makes memory of so many octets. */
export type Allocate = (size: number) => Uint8Array<ArrayBuffer>;

/** The limit of kept memory of a pool, the limit of lent memory before it is scarce, and its allocator. */
const DEFAULTS = {
  keepBytes: 8 * 1024 * 1024,
  lendBytes: 16 * 1024 * 1024,
  allocate: (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(size),
} as const;

/** Reused memory, at most `keepBytes` of it while idle. */
export class BufferPool {
  readonly #free: ReadonlyMap<number, Uint8Array<ArrayBuffer>[]>;
  readonly #keepBytes: number;
  readonly #lendBytes: number;
  readonly #allocate: Allocate;
  #keptBytes = 0;
  #lentBytes = 0;

  /** @param options.allocate allocates new memory */
  constructor(options: { keepBytes?: number; lendBytes?: number; allocate?: Allocate } = {}) {
    const { keepBytes, lendBytes, allocate } = { ...DEFAULTS, ...options };
    this.#keepBytes = keepBytes;
    this.#lendBytes = lendBytes;
    this.#allocate = allocate;
    this.#free = new Map([...BUFFER_SIZES, LARGE_BUFFER_BYTES].map((size) => [size, []]));
  }

  /**
   * True while more than `lendBytes` are out in other buffers than the smallest: such a buffer should not be kept only
   * to wait for data that may never arrive.
   */
  get scarce(): boolean {
    return this.#lentBytes > this.#lendBytes;
  }

  /** A buffer of `size` bytes with one user. Its content is undefined. */
  take(size: BufferSize): SharedBuffer {
    if (size > BUFFER_SIZES[0]) this.#lentBytes += size;
    const bytes = this.#free.get(size)?.pop();
    if (bytes === undefined) return new SharedBuffer(this.#allocate(size), this);
    this.#keptBytes -= size;
    return new SharedBuffer(bytes, this);
  }

  /** Receives returned memory; called by the buffer itself. */
  put(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > BUFFER_SIZES[0]) this.#lentBytes -= bytes.length;
    if (this.#keptBytes + bytes.length > this.#keepBytes) return;
    this.#keptBytes += bytes.length;
    this.#free.get(bytes.length)?.push(bytes);
  }
}
