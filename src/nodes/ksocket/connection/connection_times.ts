/**
 * How long a connection lasted, and how long each of its directions was blocked, for the timings of its node.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { Timings, Way } from "../../../graph/data/timings.ts";

/** The times of one connection. */
export class ConnectionTimes {
  readonly #node: Node;
  readonly #clock: Clock;
  /** Read once: the node may have another name, or none, when the connection ends. */
  #timings: Timings | null = null;
  /** When the connection started; -1 while there is none. */
  #since = -1;
  /** The time since which the receiver of the socket's data has been full; -1 while it is not. */
  #inSince = -1;
  /** The time since which the socket has been full; -1 while it is not. */
  #outSince = -1;

  /** Reports a receiver that stays full; null if nothing follows from that. */
  #held: HeldReceiver | null = null;

  constructor(node: Node, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  /** When the connection started, on the clock; -1 while there is none. */
  get since(): number {
    return this.#since;
  }

  /** True while the receiver of the socket's data is full. */
  get inBlocked(): boolean {
    return this.#inSince >= 0;
  }

  /** True while the socket is full. */
  get outBlocked(): boolean {
    return this.#outSince >= 0;
  }

  /** How long the receiver of the socket's data has been full; 0 while it is not. */
  get inBlockedMs(): number {
    return this.inBlocked ? this.#clock.now() - this.#inSince : 0;
  }

  /** How long the socket has been full; 0 while it is not. */
  get outBlockedMs(): number {
    return this.outBlocked ? this.#clock.now() - this.#outSince : 0;
  }

  /** Calls `changed` when the receiver of the socket's data has been full for `afterMs`, and when it no longer is. */
  reportHeld(afterMs: number, changed: () => void): void {
    this.#held ??= new HeldReceiver(this.#clock, { afterMs, changed, heldMs: () => this.inBlockedMs });
  }

  /** The connection has started. */
  begin(now: number): void {
    this.#since = now;
    this.#timings ??= this.#node.counts.timings;
    this.#timings.began();
  }

  /** A direction is blocked from now on, if it is not already. */
  block(way: Way): void {
    if (way === "in" ? this.inBlocked : this.outBlocked) return;
    const now = this.#clock.now();
    if (way === "in") this.#inSince = now;
    else this.#outSince = now;
    if (way === "in") this.#held?.begin();
    this.#timings ??= this.#node.counts.timings;
    this.#timings.block(way, now);
  }

  /** A direction is no longer blocked. */
  unblock(way: Way): void {
    if (way === "in" ? !this.inBlocked : !this.outBlocked) return;
    if (way === "in") this.#inSince = -1;
    else this.#outSince = -1;
    if (way === "in") this.#held?.end();
    this.#timings?.unblock(way, this.#clock.now());
  }

  /** The connection has ended. */
  end(): void {
    this.unblock("out");
    this.unblock("in");
    this.#held?.stop();
    if (this.#since >= 0) this.#timings?.ended(this.#clock.now() - this.#since);
    this.#since = -1;
  }
}

/** The facts by which a watched receiver is judged. */
interface HeldOptions {
  readonly afterMs: number;
  readonly changed: () => void;
  /** How long it has been full; 0 while it is not. */
  readonly heldMs: () => number;
}

/** Reports a receiver that stays full. It may be full for a moment often: one timer serves many of these. */
class HeldReceiver {
  readonly #clock: Clock;
  readonly #options: HeldOptions;
  #timer: Timer | null = null;
  #reported = false;

  constructor(clock: Clock, options: HeldOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  begin(): void {
    this.#timer ??= this.#clock.after(this.#options.afterMs, () => this.#check());
  }

  end(): void {
    if (!this.#reported) return;
    this.#reported = false;
    this.#options.changed();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #check(): void {
    this.#timer = null;
    const { afterMs, heldMs, changed } = this.#options;
    const held = heldMs();
    if (held === 0 || this.#reported) return;
    if (held < afterMs) return void (this.#timer = this.#clock.after(afterMs - held, () => this.#check()));
    this.#reported = true;
    changed();
  }
}
