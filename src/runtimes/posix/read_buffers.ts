/**
 * The read buffers of the streams of one thread: one buffer for all of them, and a larger one for bulk streams.
 *
 * With reads of 512 KiB rather than 256 KiB, the relay and its peers wake each other less often: in 12 rounds of a
 * benchmark that took a sixth less processor time, in 7 others there was no difference. With 1 MiB they start to wait
 * for each other, and throughput falls. Bytes that a full peer does not accept keep their buffer in use. Therefore only
 * a flowing stream uses the larger one, and no stream does while many buffers are kept.
 *
 * @module
 */

import { BUFFER_SIZES, type BufferPool, type BufferSize, LARGE_BUFFER_BYTES, type SharedBuffer } from "../../buffer.ts";
import type { Libc } from "./library.ts";

/** The usual size of one read, in bytes: a stream that fills it is a bulk stream. */
export const BULK_BYTES: number = BUFFER_SIZES[2];

/** The number of bytes that one stream reads before other streams; a read counts as at least a quarter of it. */
export const TURN_BYTES: number = 1024 * 1024;

/** The read buffers of a thread. */
export class ReadBuffers {
  readonly #pool: BufferPool;
  #usual: SharedBuffer | null = null;
  #large: SharedBuffer | null = null;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /**
   * The buffer for one read, which is lent until the next: the last one, unless its content is still needed.
   *
   * @param inBulk true for a stream of which one read returned {@linkcode BULK_BYTES}
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

/** The lines of the processor's cache, and pages, in bytes. */
const LINE_BYTES = 64;
const PAGE_BYTES = 4096;

/**
 * Memory that begins with a line, but not with a page, like most of the data that is copied into it. glibc's own begins
 * 16 bytes after a page, where the system's copies take a fifth longer.
 */
export function alignedOctets(size: number, libc: Pick<Libc, "addressOf">): Uint8Array<ArrayBuffer> {
  const room = new Uint8Array(size + 2 * LINE_BYTES);
  const address = libc.addressOf(room);
  const line = 2 * LINE_BYTES - address % LINE_BYTES;
  const offset = (address + line) % PAGE_BYTES === 0 ? line - LINE_BYTES : line;
  return room.subarray(offset, offset + size);
}
