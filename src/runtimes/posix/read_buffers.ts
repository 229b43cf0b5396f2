/**
 * What the streams of one thread are read into: one buffer for all of them, and a larger one for those in bulk.
 *
 * With reads of 512 KiB rather than 256 KiB the relay and its peers wake one another less often: in 12 rounds of a
 * benchmark that took a sixth less processor time, in 7 others nothing showed. With 1 MiB they begin to wait for one
 * another, and less gets through. Octets that a full peer does not take keep the buffer that they are in, so that a
 * stream has the larger one only when it has flowed, and nobody has it when many are kept.
 *
 * @module
 */

import { BUFFER_SIZES, type BufferPool, type BufferSize, LARGE_BUFFER_BYTES, type SharedBuffer } from "../../buffer.ts";
import type { Libc } from "./library.ts";

/** The usual room for one read, in octets: a stream that fills it is in bulk. */
export const BULK_BYTES: number = BUFFER_SIZES[2];

/** How much one stream reads before others have their turn; a read counts for a quarter of it at least. */
export const TURN_BYTES: number = 1024 * 1024;

/** The buffers that a thread reads into. */
export class ReadBuffers {
  readonly #pool: BufferPool;
  #usual: SharedBuffer | null = null;
  #large: SharedBuffer | null = null;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /**
   * Room for one read, to be lent on before the next: the last one's, unless somebody still needs what is in it.
   *
   * @param inBulk true for a stream of which a read brought {@linkcode BULK_BYTES}
   */
  take(inBulk: boolean): SharedBuffer {
    if (inBulk && !this.#pool.scarce) return this.#large = this.#free(this.#large, LARGE_BUFFER_BYTES);
    return this.#usual = this.#free(this.#usual, BUFFER_SIZES[2]);
  }

  #free(last: SharedBuffer | null, size: BufferSize): SharedBuffer {
    if (last !== null && last.exclusive) return last;
    last?.release();
    return this.#pool.take(size);
  }
}

/** The lines of the processor's cache, and pages, in octets. */
const LINE_BYTES = 64;
const PAGE_BYTES = 4096;

/**
 * Memory that begins with a line, but not with a page, as most of what is copied into it does. glibc's own begins 16
 * octets behind a page, and there the system's copies take a fifth longer.
 */
export function alignedOctets(size: number, libc: Pick<Libc, "addressOf">): Uint8Array<ArrayBuffer> {
  const room = new Uint8Array(size + 2 * LINE_BYTES);
  const address = libc.addressOf(room);
  const line = 2 * LINE_BYTES - address % LINE_BYTES;
  const offset = (address + line) % PAGE_BYTES === 0 ? line - LINE_BYTES : line;
  return room.subarray(offset, offset + size);
}
