/**
 * Datagrams that were received by one call: one slab of memory for all datagram sockets of a thread.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { type AskedAddress, AskedAddresses, notAsked } from "./asked_address.ts";
import type { Libc } from "./library.ts";
import { BATCH_MESSAGES, MessageArray } from "./message_array.ts";
import { ADDRESS_ROOM, type AddressCodec } from "./sockaddr.ts";
import type { System } from "./system.ts";

/** The largest datagram of IP fits. */
const SLOT_BYTES = 64 * 1024;

/** The gap between slots, so that they do not all map to the same cache lines of the processor. */
const GAP_BYTES = 192;

/** The number of sources that are cached as objects. */
const MAX_SOURCES = 4096;

/** The differences of a batch from the usual one. */
export interface ReceiveBatchOptions {
  /** The largest datagram that fits, in bytes. */
  readonly slotBytes?: number;
  /** The number of datagrams in one call, at most {@linkcode BATCH_MESSAGES}. */
  readonly messages?: number;
  /** True if the system reports to which own address each was sent. */
  readonly reportsAsked?: boolean;
}

/** The datagrams of one call. Valid until the next call. */
export class ReceiveBatch {
  /** The number of datagrams in one call: a call that returns fewer has emptied the socket. */
  readonly size: number;
  readonly #libc: Libc;
  readonly #system: System;
  readonly #codec: AddressCodec;
  readonly #messages: MessageArray;
  readonly #nameWords: Uint32Array;
  readonly #slotBytes: number;
  /** The sources if the own address is not reported. */
  readonly #unasked: AskedAddress = notAsked();
  /** Null if the system does not report it. */
  readonly #asked: AskedAddresses | null;
  #slab: SharedBuffer;

  constructor(parts: { libc: Libc; system: System; codec: AddressCodec }, options: ReceiveBatchOptions = {}) {
    this.size = options.messages ?? BATCH_MESSAGES;
    this.#slotBytes = options.slotBytes ?? SLOT_BYTES;
    this.#asked = options.reportsAsked === true ? new AskedAddresses(parts.system) : null;
    this.#libc = parts.libc;
    this.#system = parts.system;
    this.#codec = parts.codec;
    this.#messages = new MessageArray(parts.libc, parts.system);
    this.#nameWords = new Uint32Array(this.#messages.names.buffer);
    this.#slab = this.#makeSlab();
    this.reset(this.size);
  }

  /** The memory of the datagrams. */
  get slab(): SharedBuffer {
    return this.#slab;
  }

  /** Receives up to `size` datagrams; returns their number, or -1 with errno set. */
  receive(fd: number): number {
    if (!this.#slab.exclusive) {
      this.#slab.release();
      this.#slab = this.#makeSlab();
    }
    const { MSG_DONTWAIT } = this.#system.constants;
    return this.#libc.receiveMany(fd, this.#messages.headers, this.size, MSG_DONTWAIT, null);
  }

  /** The offset of datagram `index` in the slab. */
  offset(index: number): number {
    return index * (this.#slotBytes + GAP_BYTES);
  }

  /** The length of datagram `index`. */
  length(index: number): number {
    return this.#messages.received(index);
  }

  /** True when datagram `index` was larger than its slot. */
  isCut(index: number): boolean {
    return (this.#messages.flags(index) & this.#system.constants.MSG_TRUNC) !== 0;
  }

  /** The source of datagram `index`; the same object for the same source, as long as it is cached. */
  source(index: number): SocketAddress {
    const length = this.#messages.nameLength(index);
    const first = index * ADDRESS_ROOM / 4;
    const head = this.#nameWords[first] ?? 0;
    const { AF_INET, AF_INET6 } = this.#system.constants;
    // A socket without a name: the room contains the source of an earlier datagram.
    if (length === 0) return this.#codec.unpack(this.#name(index), length);
    if ((head & 0xffff) === AF_INET6) return this.#inet6Source(index);
    if ((head & 0xffff) !== AF_INET) return this.#codec.unpack(this.#name(index), length);
    const key = (head >>> 16) * 2 ** 32 + (this.#nameWords[first + 1] ?? 0);
    const asked = this.#askedBy(index);
    const known = asked.sources.get(key);
    if (known !== undefined) return known;
    if (asked.sources.size === MAX_SOURCES) asked.sources.clear();
    const source = this.#unpack(index, asked);
    asked.sources.set(key, source);
    return source;
  }

  #inet6Source(index: number): SocketAddress {
    const first = index * ADDRESS_ROOM / 4;
    const asked = this.#askedBy(index);
    const known = asked.inet6Sources.find(this.#nameWords, first);
    if (known !== null) return known;
    const source = this.#unpack(index, asked);
    asked.inet6Sources.add(this.#nameWords, first, source);
    return source;
  }

  /** The own address to which datagram `index` was sent. */
  #askedBy(index: number): AskedAddress {
    if (this.#asked === null) return this.#unasked;
    return this.#asked.find(this.#messages.controlWords, this.#messages.packetControl(index));
  }

  #unpack(index: number, { text }: AskedAddress): SocketAddress {
    const source = this.#codec.unpack(this.#name(index), this.#messages.nameLength(index));
    return text === null || !("port" in source) ? source : { ...source, asked: text };
  }

  #name(index: number): Uint8Array {
    return this.#messages.names.subarray(index * ADDRESS_ROOM, (index + 1) * ADDRESS_ROOM);
  }

  /** Prepares every message for the next call. */
  reset(count: number): void {
    for (let index = 0; index < count; index++) {
      this.#messages.setName(index, ADDRESS_ROOM);
      if (this.#asked !== null) this.#messages.setPacketRoom(index);
    }
  }

  #makeSlab(): SharedBuffer {
    const slab = new SharedBuffer(new Uint8Array(this.offset(this.size)));
    const address = this.#libc.addressOf(slab.bytes);
    for (let index = 0; index < this.size; index++) {
      this.#messages.setPiece(index, address + this.offset(index), this.#slotBytes);
    }
    return slab;
  }
}
