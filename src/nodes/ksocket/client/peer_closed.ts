/**
 * A declared connection whose peer has ended its direction while nothing behind the hook can end the other one: a chain
 * that goes one way, such as datagrams that leave by a stream. Whether the peer still reads is not known until something
 * is sent, and what is sent to one that does not is lost.
 *
 * A peer that ends a connection of some age is done with it: it gets a new one. One that ends it sooner may do so with
 * every connection, and read on. Then the node has a fault until something was sent and taken, and the target is asked
 * whether it takes connections: one that came back gets a new connection. What was sent meanwhile to a peer that then
 * resets the connection is lost, and counted as such.
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

/** The connection, as this sees it. */
export interface PeerClosedHost {
  readonly node: Node;
  readonly clock: Clock;
  readonly runtime: SocketRuntime;
  readonly peer: SocketAddress;
  /** What has come from the hook so far. */
  sent(): Tally;
  /** True where the runtime knows what the peer has acknowledged, and hears of a reset at once. */
  readonly acknowledges: boolean;
  /** Counts what the peer has not taken. */
  lost(tally: Tally): void;
  /** Ends the connection; its node makes a new one. */
  finish(): void;
  /** There are other faults than before. */
  changed(): void;
}

/** Without an answer to what was sent before that, the peer has taken it. */
const TICK_MS = 1_000;
/** A peer that ends its direction sooner than this does so with every connection, and reads on. */
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

  /** Its fault, until it is known to be none. */
  faults(): readonly Fault[] {
    return this.#timer === null ? [] : [fault("PeerClosed", this.#row, false)];
  }

  /** What was sent since the peer has ended its direction; nothing where the peer is known to read on. */
  unconfirmed(): Tally {
    if (this.#timer === null) return { items: 0, bytes: 0 };
    const { items, bytes } = this.#host.sent();
    return { items: items - this.#sentBefore.items, bytes: bytes - this.#sentBefore.bytes };
  }

  /** The connection is over, or all is well. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#probe?.stop();
    this.#probe = null;
  }

  /** While a target refuses others, nothing is known of this connection where a reset is heard only by sending again. */
  get #isUnsure(): boolean {
    return this.#refused && !this.#host.acknowledges;
  }

  #tick(): void {
    // What was sent before the last look has had time to be refused.
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

  /** The target refuses others, and most likely ended with this connection: a new one is tried instead. */
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
