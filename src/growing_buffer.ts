/**
 * Pieces of bytes gathered into one whole, within a limit.
 *
 * Each piece is copied immediately. A retained piece keeps its read buffer, which may be thousands of times larger: a
 * peer that sends single bytes would determine the memory use.
 *
 * @module
 */

const FIRST_BYTES = 16 * 1024;

/** Gathers bytes. */
export class GrowingBuffer {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The collected length. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy of a piece; false if the whole would be longer than the limit, and nothing is added. */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) return false;
    if (length > this.#bytes.length) {
      const room = Math.max(length, Math.min(this.#maxBytes, 2 * this.#bytes.length), FIRST_BYTES);
      const grown = new Uint8Array(room);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  /** All bytes, in a buffer of exactly that size if much room would be unused. */
  whole(): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#bytes;
    return 2 * this.#length < buffer.byteLength
      ? this.#bytes.slice(0, this.#length)
      : this.#bytes.subarray(0, this.#length);
  }
}
