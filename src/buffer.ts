/**
 * Octets in motion, and who may keep them.
 *
 * A buffer that a socket read into is lent along the hooks; it goes back to its pool when the last user has let go.
 * Who needs the octets beyond the call they came in retains the buffer, and releases it later. Nobody writes into a
 * buffer that has more than one user.
 *
 * @module
 */

/** The sizes that a pool hands out, in octets: small while a flow idles, large while it runs. */
export const BUFFER_SIZES = [2 * 1024, 64 * 1024, 256 * 1024] as const;

/** What one thread's bulk is read into: too much for each of many sockets to hold. */
export const LARGE_BUFFER_BYTES = 512 * 1024;

/** What a pool hands out. */
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

  /** Takes octets, and the pool that gets them back when nobody retains the buffer any more. */
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

  /** Counts one user less; the last one gives the memory back. */
  release(): void {
    if (this.#users === 0) throw new RangeError("Cannot release a buffer that is not in use");
    if (--this.#users === 0) this.#pool?.put(this.bytes);
  }
}

/** Makes memory of so many octets. */
export type Allocate = (size: number) => Uint8Array<ArrayBuffer>;

/** How much a pool keeps, how much it lends before it is scarce, and where it takes it from. */
const DEFAULTS = {
  keepBytes: 8 * 1024 * 1024,
  lendBytes: 16 * 1024 * 1024,
  allocate: (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(size),
} as const;

/** Memory that is used again, at most `keepBytes` of it while idle. */
export class BufferPool {
  readonly #free: ReadonlyMap<number, Uint8Array<ArrayBuffer>[]>;
  readonly #keepBytes: number;
  readonly #lendBytes: number;
  readonly #allocate: Allocate;
  #keptBytes = 0;
  #lentBytes = 0;

  /** @param options.allocate where memory comes from that was not used before */
  constructor(options: { keepBytes?: number; lendBytes?: number; allocate?: Allocate } = {}) {
    const { keepBytes, lendBytes, allocate } = { ...DEFAULTS, ...options };
    this.#keepBytes = keepBytes;
    this.#lendBytes = lendBytes;
    this.#allocate = allocate;
    this.#free = new Map([...BUFFER_SIZES, LARGE_BUFFER_BYTES].map((size) => [size, []]));
  }

  /**
   * True while more than `lendBytes` are out in other buffers than the smallest: nobody should hold one of those only to
   * wait for what may never come.
   */
  get scarce(): boolean {
    return this.#lentBytes > this.#lendBytes;
  }

  /** A buffer of `size` octets with one user. Its content is whatever was there. */
  take(size: BufferSize): SharedBuffer {
    if (size > BUFFER_SIZES[0]) this.#lentBytes += size;
    const bytes = this.#free.get(size)?.pop();
    if (bytes === undefined) return new SharedBuffer(this.#allocate(size), this);
    this.#keptBytes -= size;
    return new SharedBuffer(bytes, this);
  }

  /** Takes memory back; called by the buffer itself. */
  put(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > BUFFER_SIZES[0]) this.#lentBytes -= bytes.length;
    if (this.#keptBytes + bytes.length > this.#keepBytes) return;
    this.#keptBytes += bytes.length;
    this.#free.get(bytes.length)?.push(bytes);
  }
}
