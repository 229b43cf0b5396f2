/**
 * The datagrams that a UDP socket received while its owner was full. Bun cannot pause a UDP socket, so this replaces
 * the system's receive buffer, and like it drops datagrams when it is full.
 *
 * @module
 */

import { RECEIVE_ROOM } from "../posix/receive_room.ts";
import type { SocketAddress } from "../../socket/address.ts";

/** A datagram that waits. */
export interface Waiting {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: SocketAddress;
}

/** The limit of bytes while the owner is full: the default size of a Linux receive buffer. */
const MAX_BYTES = 208 * 1024;
/** The limit of bytes for the next turn, which follows soon: the content of the receive buffer that was read. */
const MAX_TURN_BYTES = RECEIVE_ROOM;

/** The system's overhead for a datagram, which also limits the number of empty ones. */
const OVERHEAD_BYTES = 256;

/** A first-in first-out queue of datagrams. */
export class BunInbox {
  #waiting: Waiting[] = [];
  #taken = 0;
  #bytes = 0;
  /** The number of dropped datagrams. */
  dropped = 0;

  get isEmpty(): boolean {
    return this.#taken === this.#waiting.length;
  }

  /** Keeps a datagram, for the next turn or until the owner accepts more, or drops it if there is no room. */
  push(datagram: Waiting, until: "turn" | "owner"): void {
    const charge = datagram.bytes.length + OVERHEAD_BYTES;
    if (this.#bytes + charge > (until === "turn" ? MAX_TURN_BYTES : MAX_BYTES)) return void this.dropped++;
    this.#bytes += charge;
    this.#waiting.push(datagram);
  }

  /** The oldest one, or null. */
  take(): Waiting | null {
    const next = this.#waiting[this.#taken];
    if (next === undefined) return null;
    this.#bytes -= next.bytes.length + OVERHEAD_BYTES;
    if (++this.#taken === this.#waiting.length) this.clear();
    return next;
  }

  /** Drops all. */
  clear(): void {
    this.#waiting = [];
    this.#taken = 0;
    this.#bytes = 0;
  }
}
