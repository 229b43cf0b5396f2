/**
 * How long a closing runtime waits for data that its sockets still have to send: as long as some of it is sent, and a
 * moment more. A program must not wait for peers that do not read.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";

/** The longest time without progress, in milliseconds. */
const STALLED_MS = 150;

/** The interval of the checks, in milliseconds. */
const CHECK_INTERVAL_MS = 5;

/** The object that is watched. */
export interface Outgoing {
  /** Bytes that the system has not accepted. */
  queuedBytes(): number;
  /** No bytes were sent for a while. Called again while that lasts. */
  stalled(): void;
}

/** Watches whether bytes are sent. */
export class StallWatch implements Disposable {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #outgoing: Outgoing;
  #least = Infinity;
  #since = 0;
  #timer: Timer;

  constructor(clock: Pick<Clock, "now" | "after">, outgoing: Outgoing) {
    this.#clock = clock;
    this.#outgoing = outgoing;
    this.#timer = clock.after(0, () => this.#check());
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #check(): void {
    // Set before the calls, because a call may end the watch.
    this.#timer = this.#clock.after(CHECK_INTERVAL_MS, () => this.#check());
    const now = this.#clock.now();
    const bytes = this.#outgoing.queuedBytes();
    if (bytes < this.#least) {
      this.#least = bytes;
      this.#since = now;
    } else if (now - this.#since >= STALLED_MS) {
      this.#outgoing.stalled();
    }
  }
}
