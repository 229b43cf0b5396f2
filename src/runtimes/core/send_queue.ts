/**
 * Bytes that wait to be written to a stream, in order, by reference where that is cheap and by copy where a small piece
 * would hold a large buffer.
 *
 * Small pieces are gathered into one buffer while an earlier write is in flight, so that many small items cost one
 * write.
 *
 * @module
 */

import { BUFFER_SIZES, type BufferPool, SharedBuffer } from "../../buffer.ts";
import type { Octets } from "../../socket/socket.ts";

/** With more queued bytes than this, a sender must wait. */
export const HIGH_WATER_BYTES: number = 256 * 1024;

/** A piece that is a smaller part of its buffer than this is copied rather than retained. */
const RETAIN_PART = 1 / 4;

interface Chunk {
  readonly buffer: SharedBuffer;
  offset: number;
  end: number;
  /** True if no other code has the buffer, so that more bytes can be appended at `end`. */
  readonly gathering: boolean;
}

/** A first-in first-out queue of bytes. */
export class SendQueue {
  readonly #pool: BufferPool;
  readonly #chunks: Chunk[] = [];
  #bytes = 0;
  #locked = false;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Bytes that wait, including those in flight. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends bytes. */
  push(octets: Octets): void {
    const { buffer, offset, length } = octets;
    if (length === 0) return;
    this.#bytes += length;
    if (length >= buffer.bytes.length * RETAIN_PART) {
      this.#chunks.push({ buffer: buffer.retain(), offset, end: offset + length, gathering: false });
    } else {
      this.#gather(buffer.bytes.subarray(offset, offset + length));
    }
  }

  /** The bytes to write next, which do not change until `take`; null when there are none. */
  peek(): Uint8Array<ArrayBuffer> | null {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return null;
    this.#locked = true;
    const { bytes } = chunk.buffer;
    return chunk.offset === 0 && chunk.end === bytes.length ? bytes : bytes.subarray(chunk.offset, chunk.end);
  }

  /** Records that `count` bytes of what `peek` returned are written. */
  take(count: number): void {
    this.#locked = false;
    const chunk = this.#chunks[0];
    if (chunk === undefined) return;
    this.#bytes -= count;
    chunk.offset += count;
    if (chunk.offset < chunk.end) return;
    this.#chunks.shift();
    chunk.buffer.release();
  }

  /** Removes the first piece, whose buffer the caller releases; null when there is none. */
  shift(): Octets | null {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    const { buffer, offset, end } = chunk;
    this.#bytes -= end - offset;
    return { buffer, offset, length: end - offset };
  }

  /** Drops everything. Nothing may be in flight that still reads it. */
  clear(): void {
    for (const chunk of this.#chunks) chunk.buffer.release();
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#locked = false;
  }

  #gather(piece: Uint8Array<ArrayBuffer>): void {
    const last = this.#chunks.at(-1);
    const open = last?.gathering && !(this.#locked && this.#chunks.length === 1) ? last : null;
    if (open !== null && open.end + piece.length <= open.buffer.bytes.length) {
      open.buffer.bytes.set(piece, open.end);
      open.end += piece.length;
      return;
    }
    const buffer = this.#room(piece.length);
    buffer.bytes.set(piece);
    this.#chunks.push({ buffer, offset: 0, end: piece.length, gathering: true });
  }

  #room(length: number): SharedBuffer {
    const size = BUFFER_SIZES.find((size) => length <= size);
    return size === undefined ? new SharedBuffer(new Uint8Array(length)) : this.#pool.take(size);
  }
}
