/**
 * A declared connection whose peer has ended its direction while nothing behind the hook can end the other one: a
 * one-way chain, such as datagrams that leave by a stream. Whether the peer still reads is unknown until data is sent,
 * and data to a peer that does not read is lost.
 *
 * A peer that ends an older connection has finished with it: the node opens a new one. One that ends it earlier may do
 * so with every connection, and continue reading. Then the node has a fault until data was sent and accepted, and the
 * target is probed: once it accepts connections, the node opens a new one. Data that was sent meanwhile to a peer that
 * then resets the connection is lost, and counted as such.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import type { Fault } from "../../../graph/data/fault.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import type { SocketRuntime } from "../../../socket/socket.ts";
import { type FailureRow, fault } from "../outcomes.ts";
import { TargetProbe } from "../../pool/target_probe.ts";

/** The connection, for this watch. */
export interface PeerClosedHost {
  readonly node: Node;
  readonly clock: Clock;
  readonly runtime: SocketRuntime;
  readonly peer: SocketAddress;
  /** The items from the hook so far. */
  sent(): Tally;
  /** True if the runtime knows the bytes that the peer has acknowledged, and receives a reset immediately. */
  readonly acknowledges: boolean;
  /** Counts data that the peer has not accepted. */
  lost(tally: Tally): void;
  /** Ends the connection; its node opens a new one. */
  finish(): void;
  /** The faults have changed. */
  changed(): void;
}

/** Data without a rejection by then counts as accepted by the peer. */
const TICK_MS = 1_000;
/** A peer that ends its direction sooner than this does so with every connection, and continues reading. */
export const HABIT_MS = 5_000;

/** Watches one connection from the peer's end of file on. */
export class PeerClosed {
  readonly #host: PeerClosedHost;
  readonly #row: FailureRow;
  readonly #sentBefore: Tally;
  #sentLast: number;
  #timer: Timer | null;
  #probe: TargetProbe | null;
  #refused = false;

  constructor(host: PeerClosedHost) {
    this.#host = host;
    const { clock, runtime, peer, node } = host;
    const message = `${sockaddr.format(peer)}: the peer has closed its direction of the connection`;
    this.#row = { count: 1, since: clock.wall(), code: "EPIPE", message };
    this.#sentBefore = host.sent();
    this.#sentLast = this.#sentBefore.items;
    this.#timer = clock.after(TICK_MS, () => this.#tick());
    const up = (): boolean => this.#targetIsUp();
    const down = (): void => {
      this.#refused = true;
    };
    this.#probe = new TargetProbe({ runtime, clock, address: peer, node, up, down });
  }

  /** Its fault, until it is known that there is none. */
  faults(): readonly Fault[] {
    return this.#timer === null ? [] : [fault("PeerClosed", this.#row, false)];
  }

  /** Data that was sent since the peer has ended its direction; none if the peer is known to continue reading. */
  unconfirmed(): Tally {
    if (this.#timer === null) return { items: 0, bytes: 0 };
    const { items, bytes } = this.#host.sent();
    return { items: items - this.#sentBefore.items, bytes: bytes - this.#sentBefore.bytes };
  }

  /** The connection has ended, or has no fault. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#probe?.stop();
    this.#probe = null;
  }

  /**
   * While a target refuses other connections, the state of this one is unknown if a reset is noticed only by another
   * send.
   */
  get #isUnsure(): boolean {
    return this.#refused && !this.#host.acknowledges;
  }

  #tick(): void {
    // Data that was sent before the last check could have been rejected by now.
    if (this.#sentLast > this.#sentBefore.items) return this.#isUnsure ? this.#isGone() : this.#isWell();
    this.#sentLast = this.#host.sent().items;
    this.#timer = this.#host.clock.after(TICK_MS, () => this.#tick());
  }

  #targetIsUp(): boolean {
    this.#probe = null;
    if (!this.#refused) {
      this.#isWell();
      return true;
    }
    // Nothing was sent since the peer's end: nothing is lost.
    if (this.#host.sent().items > this.#sentBefore.items) return true;
    this.stop();
    this.#host.finish();
    return true;
  }

  /** The target refuses other connections, and has probably ended this one too: a new one is tried instead. */
  #isGone(): void {
    this.#host.lost(this.unconfirmed());
    this.stop();
    this.#host.finish();
  }

  #isWell(): void {
    this.stop();
    this.#host.changed();
  }
}
