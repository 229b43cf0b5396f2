/**
 * Bytes of a stream that wait for more data, or for room, in one piece of memory.
 *
 * Bytes that are taken from it are lent to hooks and may be retained there: retained memory is not reused, and the
 * remaining bytes are copied to new memory.
 *
 * @module
 */

import { SharedBuffer } from "../buffer.ts";

const NO_OCTETS: SharedBuffer = new SharedBuffer(new Uint8Array(0));
const LEAST_BYTES = 1024;

/** Bytes in order. */
export class OctetQueue {
  #buffer: SharedBuffer = NO_OCTETS;
  #start = 0;
  #end = 0;

  /** Their number. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Their buffer. */
  get buffer(): SharedBuffer {
    return this.#buffer;
  }

  /** The offset of the first byte in `buffer.bytes`. */
  get start(): number {
    return this.#start;
  }

  /** The offset of the end in `buffer.bytes`. */
  get end(): number {
    return this.#end;
  }

  /** Appends a copy of bytes. */
  push(bytes: Uint8Array, { start, end }: { start: number; end: number }): void {
    const count = end - start;
    if (count === 0) return;
    if (!this.#buffer.exclusive || this.#end + count > this.#buffer.bytes.length) this.#move(count);
    this.#buffer.bytes.set(bytes.subarray(start, end), this.#end);
    this.#end += count;
  }

  /** Removes bytes from the beginning. */
  consume(count: number): void {
    this.#start += count;
    if (this.#start >= this.#end) this.clear();
  }

  /** Removes all bytes, and releases the memory. */
  clear(): void {
    if (this.#buffer !== NO_OCTETS) this.#buffer.release();
    this.#buffer = NO_OCTETS;
    this.#start = 0;
    this.#end = 0;
  }

  /**
   * Moves the remaining bytes to memory with room for `count` more; twice as much each time, so that a long item is
   * copied little.
   */
  #move(count: number): void {
    const { bytes } = this.#buffer;
    const length = this.length;
    const memory = new Uint8Array(Math.max(LEAST_BYTES, length + count, 2 * length));
    memory.set(bytes.subarray(this.#start, this.#end));
    if (this.#buffer !== NO_OCTETS) this.#buffer.release();
    this.#buffer = new SharedBuffer(memory);
    this.#start = 0;
    this.#end = length;
  }
}
