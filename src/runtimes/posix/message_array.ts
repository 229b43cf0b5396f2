/**
 * An array of `struct mmsghdr` with a piece and room for one address each, for recvmmsg(2) and sendmmsg(2).
 *
 * @module
 */

import type { Libc } from "./library.ts";
import { ADDRESS_ROOM } from "./sockaddr.ts";
import type { MessageLayout, System } from "./system.ts";

/** The number of messages in one call. */
export const BATCH_MESSAGES = 64;

/** A control message's number, and the padding before the next one. */
const NUMBER_ROOM = 8;

/** The larger one of `struct in_pktinfo` and `struct in6_pktinfo`, and the padding before the next control message. */
const PACKET_INFO_ROOM = 24;

const HIGH_WORD = 2 ** 32;

/** Messages whose fields are set and read by index. */
export class MessageArray {
  /** The structs, for the calls. */
  readonly headers: Uint8Array<ArrayBuffer>;
  /** The messages' addresses, {@linkcode ADDRESS_ROOM} octets each. */
  readonly names: Uint8Array<ArrayBuffer> = new Uint8Array(BATCH_MESSAGES * ADDRESS_ROOM);
  readonly #layout: MessageLayout;
  readonly #words: Uint32Array;
  readonly #pieces: Uint8Array<ArrayBuffer>;
  readonly #pieceWords: Uint32Array;
  readonly #namesAt: number;
  readonly #piecesAt: number;
  /** For each message a control message with one number, followed by room for one about the packet. */
  readonly #controls: Uint8Array<ArrayBuffer>;
  readonly #controlWords: Uint32Array;
  readonly #controlsAt: number;
  /** The position of the second control message of each message, and the length of both. */
  readonly #packetAt: number;
  readonly #controlBytes: number;

  constructor(libc: Libc, { message: layout, constants }: System) {
    this.#layout = layout;
    this.headers = new Uint8Array(BATCH_MESSAGES * layout.size);
    this.#words = new Uint32Array(this.headers.buffer);
    this.#pieces = new Uint8Array(BATCH_MESSAGES * layout.pieceSize);
    this.#pieceWords = new Uint32Array(this.#pieces.buffer);
    this.#namesAt = libc.addressOf(this.names);
    this.#piecesAt = libc.addressOf(this.#pieces);
    this.#packetAt = layout.controlData + NUMBER_ROOM;
    this.#controlBytes = this.#packetAt + layout.controlData + PACKET_INFO_ROOM;
    this.#controls = new Uint8Array(BATCH_MESSAGES * this.#controlBytes);
    this.#controlWords = new Uint32Array(this.#controls.buffer);
    this.#controlsAt = libc.addressOf(this.#controls);
    for (let index = 0; index < BATCH_MESSAGES; index++) {
      this.setPieces(index, index, 1);
      const at = index * this.#controlBytes;
      this.#controlWords[at / 4] = layout.controlData + 2;
      this.#controlWords[(at + layout.controlLevel) / 4] = constants.IPPROTO_UDP;
      this.#controlWords[(at + layout.controlType) / 4] = constants.UDP_SEGMENT;
    }
  }

  /** Sets the address and the length of piece `index`. */
  setPiece(index: number, address: number, length: number): void {
    const at = index * this.#layout.pieceSize;
    setPointer(this.#pieceWords, at, address);
    this.#pieceWords[at / 4 + 2] = length;
  }

  /** Makes message `index` consist of `count` pieces; initially it consists of the piece of the same number. */
  setPieces(index: number, first: number, count: number): void {
    const at = index * this.#layout.size;
    setPointer(this.#words, at + this.#layout.pieces, this.#piecesAt + first * this.#layout.pieceSize);
    this.#words[(at + this.#layout.pieceCount) / 4] = count;
  }

  /**
   * Sets how message `index` is sent.
   *
   * @param segment the length of the datagrams into which the system splits it (UDP_SEGMENT); 0: it is one datagram
   * @param packet a whole control message about the packet (IP_PKTINFO, IPV6_PKTINFO); null for none
   */
  setControl(index: number, segment: number, packet: Uint8Array | null): void {
    const control = index * this.#controlBytes;
    if (segment > 0) this.#controlWords[(control + this.#layout.controlData) / 4] = segment;
    if (packet !== null) this.#controls.set(packet, control + this.#packetAt);
    const begin = segment > 0 ? 0 : this.#packetAt;
    this.#setControlRoom(index, control + begin, this.#packetAt - begin + (packet?.length ?? 0));
  }

  /** Provides room in message `index` for a control message about the packet that is received. */
  setPacketRoom(index: number): void {
    this.#setControlRoom(
      index,
      index * this.#controlBytes + this.#packetAt,
      this.#layout.controlData + PACKET_INFO_ROOM,
    );
  }

  /** The position of the control message about packet `index` in {@linkcode controlWords}; -1 if there is none. */
  packetControl(index: number): number {
    const length = this.#words[(index * this.#layout.size + this.#layout.controlLength) / 4] ?? 0;
    return length === 0 ? -1 : (index * this.#controlBytes + this.#packetAt) / 4;
  }

  /** The control messages, in words of 32 bits. */
  get controlWords(): Uint32Array {
    return this.#controlWords;
  }

  #setControlRoom(index: number, offset: number, length: number): void {
    const at = index * this.#layout.size;
    setPointer(this.#words, at + this.#layout.control, length > 0 ? this.#controlsAt + offset : 0);
    this.#words[(at + this.#layout.controlLength) / 4] = length;
  }

  /** Sets the room for an address in message `index`; 0 for none. */
  setName(index: number, length: number): void {
    const at = index * this.#layout.size;
    setPointer(this.#words, at + this.#layout.name, length === 0 ? 0 : this.#namesAt + index * ADDRESS_ROOM);
    this.#words[(at + this.#layout.nameLength) / 4] = length;
  }

  /** The length of the address that the system wrote for message `index`. */
  nameLength(index: number): number {
    return this.#words[(index * this.#layout.size + this.#layout.nameLength) / 4] ?? 0;
  }

  /** The flags that the system set for message `index`. */
  flags(index: number): number {
    return this.#words[(index * this.#layout.size + this.#layout.flags) / 4] ?? 0;
  }

  /** The number of bytes that the system received for message `index`. */
  received(index: number): number {
    return this.#words[(index * this.#layout.size + this.#layout.length) / 4] ?? 0;
  }

  /** The structs from message `index` on. */
  from(index: number): Uint8Array {
    return index === 0 ? this.headers : this.headers.subarray(index * this.#layout.size);
  }
}

/** Addresses of user space have about 47 bits: a number can represent them exactly. */
function setPointer(words: Uint32Array, offset: number, address: number): void {
  words[offset / 4] = address >>> 0;
  words[offset / 4 + 1] = Math.floor(address / HIGH_WORD);
}
