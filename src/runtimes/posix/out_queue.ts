/**
 * What waits to be sent on a connection: octets of a stream, or whole packets where bounds matter.
 *
 * @module
 */

import type { Octets } from "../../socket/socket.ts";

/** A first-in first-out queue of what is to be sent. */
export interface OutQueue {
  /** Octets that wait. */
  readonly bytes: number;
  /** Takes octets in behind what is there. */
  push(octets: Octets): void;
  /** What to send next; null when there is nothing. */
  peek(): Uint8Array<ArrayBuffer> | null;
  /** Says that `count` octets of what `peek` gave were sent. */
  take(count: number): void;
  /** Drops everything. */
  clear(): void;
}

/** A queue that keeps packets apart, as copies. */
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

  /** A packet goes out whole or not at all, whatever `count` says. */
  take(_count: number): void {
    this.#bytes -= this.#packets.shift()?.length ?? 0;
  }

  clear(): void {
    this.#packets.length = 0;
    this.#bytes = 0;
  }
}
