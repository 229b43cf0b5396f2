/**
 * Pieces of bytes gathered into one whole, within a limit.
 *
 * Each piece is copied at once. A piece that is kept keeps the buffer that it was read into, which may be thousands of
 * times as large as the piece: a peer that sends single bytes would decide how much memory they take.
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

  /** How much has been gathered. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy of a piece; false where the whole would be longer than the limit, and nothing is added. */
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

  /** All of it, in a buffer of just that size where the spare room is large. */
  whole(): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#bytes;
    return 2 * this.#length < buffer.byteLength
      ? this.#bytes.slice(0, this.#length)
      : this.#bytes.subarray(0, this.#length);
  }
}
