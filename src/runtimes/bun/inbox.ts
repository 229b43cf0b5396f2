/**
 * What a UDP socket has received while its owner is full. Bun cannot pause a UDP socket, so this stands in for the
 * system's receive buffer, and like it drops what comes when it is full.
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

/** How much waits at most while the owner is full: what a Linux receive buffer holds by default. */
const MAX_BYTES = 208 * 1024;
/** How much waits for the next turn at most, which is soon: what the receive buffer held that it was just read from. */
const MAX_TURN_BYTES = RECEIVE_ROOM;

/** What the system charges for a datagram beside its octets, so that empty ones are bounded too. */
const OVERHEAD_BYTES = 256;

/** A first-in first-out queue of datagrams. */
export class BunInbox {
  #waiting: Waiting[] = [];
  #taken = 0;
  #bytes = 0;
  /** How many found no room. */
  dropped = 0;

  get isEmpty(): boolean {
    return this.#taken === this.#waiting.length;
  }

  /** Keeps a datagram, for the next turn or until the owner takes some, or drops it where there is no room. */
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
