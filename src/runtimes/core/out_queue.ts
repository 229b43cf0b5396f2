/**
 * Data that waits to be sent on a connection: bytes of a stream, or whole packets where boundaries matter.
 *
 * @module
 */

import { type BufferPool, SharedBuffer } from "../../buffer.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { Octets } from "../../socket/socket.ts";
import { SendQueue } from "./send_queue.ts";

/** A first-in first-out queue of data to be sent. */
export interface OutQueue {
  /** Bytes that wait. */
  readonly bytes: number;
  /** Appends bytes. */
  push(octets: Octets): void;
  /** The next data to send; null when there is nothing. */
  peek(): Uint8Array<ArrayBuffer> | null;
  /** Removes `count` bytes of what `peek` returned. */
  take(count: number): void;
  /** Removes the first piece, whose buffer the caller releases; null when there is none. */
  shift(): Octets | null;
  /** Drops everything. */
  clear(): void;
}

/** The queue for such a socket. */
export function newOutQueue({ type }: Endpoint, pool: BufferPool): OutQueue {
  return type === "stream" ? new SendQueue(pool) : new PacketQueue();
}

/** A queue that keeps packets separate, as copies. */
export class PacketQueue implements OutQueue {
  readonly #packets: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push({ buffer, offset, length }: Octets): void {
    this.#packets.push(buffer.bytes.slice(offset, offset + length));
    this.#bytes += length;
  }

  peek(): Uint8Array<ArrayBuffer> | null {
    return this.#packets[0] ?? null;
  }

  /** A packet is sent whole or not at all, regardless of `count`. */
  take(_count: number): void {
    this.#bytes -= this.#packets.shift()?.length ?? 0;
  }

  shift(): Octets | null {
    const packet = this.#packets.shift();
    if (packet === undefined) return null;
    this.#bytes -= packet.length;
    return { buffer: new SharedBuffer(packet), offset: 0, length: packet.length };
  }

  clear(): void {
    this.#packets.length = 0;
    this.#bytes = 0;
  }
}
