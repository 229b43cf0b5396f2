/**
 * Octets of a stream that wait for more, or for room, in one piece of memory.
 *
 * What is taken from it is lent along hooks and may be retained there: memory that somebody else uses is left to him,
 * and what remains moves on to new memory.
 *
 * @module
 */

import { SharedBuffer } from "../buffer.ts";

const NO_OCTETS: SharedBuffer = new SharedBuffer(new Uint8Array(0));
const LEAST_BYTES = 1024;

/** Octets in order. */
export class OctetQueue {
  #buffer: SharedBuffer = NO_OCTETS;
  #start = 0;
  #end = 0;

  /** How many there are. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Where they are. */
  get buffer(): SharedBuffer {
    return this.#buffer;
  }

  /** Where they begin in `buffer.bytes`. */
  get start(): number {
    return this.#start;
  }

  /** Where they end in `buffer.bytes`. */
  get end(): number {
    return this.#end;
  }

  /** Puts a copy of octets at the end. */
  push(bytes: Uint8Array, { start, end }: { start: number; end: number }): void {
    const count = end - start;
    if (count === 0) return;
    if (!this.#buffer.exclusive || this.#end + count > this.#buffer.bytes.length) this.#move(count);
    this.#buffer.bytes.set(bytes.subarray(start, end), this.#end);
    this.#end += count;
  }

  /** Takes octets from the beginning away. */
  consume(count: number): void {
    this.#start += count;
    if (this.#start >= this.#end) this.clear();
  }

  /** Takes all away, and lets go of the memory. */
  clear(): void {
    if (this.#buffer !== NO_OCTETS) this.#buffer.release();
    this.#buffer = NO_OCTETS;
    this.#start = 0;
    this.#end = 0;
  }

  /** Moves what remains to where `count` more have room; twice as much each time, so that a long item is copied little. */
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
