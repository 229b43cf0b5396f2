/**
 * How long a runtime that ends waits for what its sockets still have to send: as long as some of it goes out, and a
 * moment more. Nobody stops a program to wait for peers that take nothing.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";

/** How long nothing may go out, in milliseconds. */
const STALLED_MS = 150;

/** How often it is looked, in milliseconds. */
const LOOK_MS = 5;

/** What is watched. */
export interface Outgoing {
  /** Octets that the system has not taken. */
  queuedBytes(): number;
  /** Nothing has gone out for a while. Is called again while that is so. */
  stalled(): void;
}

/** Watches whether octets go out. */
export class StallWatch implements Disposable {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #outgoing: Outgoing;
  #least = Infinity;
  #since = 0;
  #timer: Timer;

  constructor(clock: Pick<Clock, "now" | "after">, outgoing: Outgoing) {
    this.#clock = clock;
    this.#outgoing = outgoing;
    this.#timer = clock.after(0, () => this.#look());
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #look(): void {
    // Set before anybody is called, who may well end the watch.
    this.#timer = this.#clock.after(LOOK_MS, () => this.#look());
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
