/**
 * An array of `struct mmsghdr` with one piece and room for one address each, as recvmmsg(2) and sendmmsg(2) take it.
 *
 * @module
 */

import type { Libc } from "./library.ts";
import { ADDRESS_ROOM } from "./sockaddr.ts";
import type { MessageLayout, System } from "./system.ts";

/** How many messages one call takes. */
export const BATCH_MESSAGES = 64;

const HIGH_WORD = 2 ** 32;

/** Messages whose fields are set and read by index. */
export class MessageArray {
  /** The structs, as the calls take them. */
  readonly headers: Uint8Array<ArrayBuffer>;
  /** The messages' addresses, {@linkcode ADDRESS_ROOM} octets each. */
  readonly names: Uint8Array<ArrayBuffer> = new Uint8Array(BATCH_MESSAGES * ADDRESS_ROOM);
  readonly #layout: MessageLayout;
  readonly #words: Uint32Array;
  readonly #pieces: Uint8Array<ArrayBuffer>;
  readonly #pieceWords: Uint32Array;
  readonly #namesAt: number;

  constructor(libc: Libc, { message: layout }: System) {
    this.#layout = layout;
    this.headers = new Uint8Array(BATCH_MESSAGES * layout.size);
    this.#words = new Uint32Array(this.headers.buffer);
    this.#pieces = new Uint8Array(BATCH_MESSAGES * layout.pieceSize);
    this.#pieceWords = new Uint32Array(this.#pieces.buffer);
    this.#namesAt = libc.addressOf(this.names);
    const piecesAt = libc.addressOf(this.#pieces);
    for (let index = 0; index < BATCH_MESSAGES; index++) {
      const at = index * layout.size;
      setPointer(this.#words, at + layout.pieces, piecesAt + index * layout.pieceSize);
      this.#words[(at + layout.pieceCount) / 4] = 1;
    }
  }

  /** Says where message `index` has its octets, and how many there are or may be. */
  setPiece(index: number, address: number, length: number): void {
    const at = index * this.#layout.pieceSize;
    setPointer(this.#pieceWords, at, address);
    this.#pieceWords[at / 4 + 2] = length;
  }

  /** Gives message `index` room for an address, or takes it away with 0. */
  setName(index: number, length: number): void {
    const at = index * this.#layout.size;
    setPointer(this.#words, at + this.#layout.name, length === 0 ? 0 : this.#namesAt + index * ADDRESS_ROOM);
    this.#words[(at + this.#layout.nameLength) / 4] = length;
  }

  /** How long the address of message `index` is that the system wrote. */
  nameLength(index: number): number {
    return this.#words[(index * this.#layout.size + this.#layout.nameLength) / 4] ?? 0;
  }

  /** What the system said of message `index`. */
  flags(index: number): number {
    return this.#words[(index * this.#layout.size + this.#layout.flags) / 4] ?? 0;
  }

  /** How many octets the system received for message `index`. */
  received(index: number): number {
    return this.#words[(index * this.#layout.size + this.#layout.length) / 4] ?? 0;
  }

  /** The structs from message `index` on. */
  from(index: number): Uint8Array {
    return index === 0 ? this.headers : this.headers.subarray(index * this.#layout.size);
  }
}

/** Addresses of user space have 47 bits or so: a number holds them exactly. */
function setPointer(words: Uint32Array, offset: number, address: number): void {
  words[offset / 4] = address >>> 0;
  words[offset / 4 + 1] = Math.floor(address / HIGH_WORD);
}
