/**
 * Datagrams that are sent by one call. Consecutive ones of equal length to one address can be sent as one message,
 * which the system splits again (UDP_SEGMENT): it passes the network layers once, at half the cost for each.
 *
 * @module
 */

import type { SharedBuffer } from "../../buffer.ts";
import type { Libc } from "./library.ts";
import { BATCH_MESSAGES, MessageArray } from "./message_array.ts";
import { ADDRESS_ROOM } from "./sockaddr.ts";
import type { System } from "./system.ts";

/** The limit of one message, in bytes: that of UDP over IPv4. */
const MAX_RUN_BYTES = 65_507;

/** A datagram that is to be sent. */
export interface Outgoing {
  readonly buffer: SharedBuffer;
  readonly offset: number;
  readonly length: number;
  /** The address in the system's form; null for the peer. */
  readonly to: Uint8Array | null;
  /** The control message with the own address to send from; null: the system chooses. */
  readonly source: Uint8Array | null;
}

/** The part of the host that sending needs. */
export interface SendBatchParts {
  readonly libc: Libc;
  readonly system: System;
  /** The address of a buffer in memory. */
  addressOf(buffer: SharedBuffer): number;
}

/** The datagrams of one call. */
export class SendBatch {
  readonly #parts: SendBatchParts;
  readonly #messages: MessageArray;
  /** The number of datagrams in each message. */
  readonly #runs = new Uint8Array(BATCH_MESSAGES);
  #count = 0;

  constructor(parts: SendBatchParts) {
    this.#parts = parts;
    this.#messages = new MessageArray(parts.libc, parts.system);
  }

  /** True when the first message is more than one datagram. */
  get beginsWithRun(): boolean {
    return this.#count > 0 && (this.#runs[0] ?? 0) > 1;
  }

  /**
   * Adds datagrams, as many as one call sends.
   *
   * @param options.first the position of the first one in the queue
   * @param options.joined true to combine consecutive datagrams of equal length
   */
  fill(queue: readonly Outgoing[], { first, joined }: { first: number; joined: boolean }): void {
    const pieces = Math.min(BATCH_MESSAGES, queue.length - first);
    let head: Outgoing | null = null;
    let run = 0;
    this.#count = 0;
    for (let piece = 0; piece < pieces; piece++) {
      const datagram = queue[first + piece];
      if (datagram === undefined) break;
      const { buffer, offset, length } = datagram;
      this.#messages.setPiece(piece, this.#parts.addressOf(buffer) + offset, length);
      if (joined && head !== null && follows(datagram, head) && (run + 1) * length <= MAX_RUN_BYTES) run++;
      else {
        if (head !== null) this.#close(head, { piece, run });
        head = datagram;
        run = 1;
      }
    }
    if (head !== null) this.#close(head, { piece: pieces, run });
  }

  /** Sends them; returns how many datagrams the system accepted, or -1 with errno set. */
  send(fd: number): number {
    const { libc, system: { constants: { MSG_DONTWAIT, MSG_NOSIGNAL } } } = this.#parts;
    const sent = libc.sendMany(fd, this.#messages.headers, this.#count, MSG_DONTWAIT | MSG_NOSIGNAL);
    let datagrams = Math.min(0, sent);
    for (let index = 0; index < sent; index++) datagrams += this.#runs[index] ?? 0;
    return datagrams;
  }

  /** Combines the last `run` pieces before `piece` into one message. */
  #close({ length, to, source }: Outgoing, { piece, run }: { piece: number; run: number }): void {
    const index = this.#count++;
    this.#runs[index] = run;
    this.#messages.setPieces(index, piece - run, run);
    this.#messages.setControl(index, run > 1 ? length : 0, source);
    this.#messages.setName(index, to?.length ?? 0);
    if (to !== null) this.#messages.names.set(to, index * ADDRESS_ROOM);
  }
}

/** The system splits into equal parts, none of which is empty. */
function follows({ length, to, source }: Outgoing, head: Outgoing): boolean {
  return length === head.length && length > 0 && to === head.to && source === head.source;
}
