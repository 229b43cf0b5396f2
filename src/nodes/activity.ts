/**
 * Whether anything still flows: a time-out that costs nothing an item. A counter is looked at four times in the span;
 * when it stood still all along, the span is over.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";

const LOOKS = 4;

/** What is watched. */
export interface Activity {
  /** A counter that grows while anything flows. */
  activity(): number;
  /** It stood still for the span; the watch has ended. */
  expired(): void;
}

/** Watches a counter. */
export class ActivityWatch {
  readonly #clock: Clock;
  readonly #watched: Activity;
  #timer: Timer | null = null;
  #spanMs = 0;
  #last = 0;
  #still = 0;

  constructor(clock: Clock, watched: Activity) {
    this.#clock = clock;
    this.#watched = watched;
  }

  /** Watches from now on, for standstills of `spanMs`; 0 is for ever. */
  start(spanMs: number): void {
    this.stop();
    this.#spanMs = spanMs;
    this.#last = this.#watched.activity();
    this.#still = 0;
    if (spanMs > 0) this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#timer = this.#clock.after(this.#spanMs / LOOKS, () => this.#look());
  }

  #look(): void {
    const count = this.#watched.activity();
    this.#still = count === this.#last ? this.#still + 1 : 0;
    this.#last = count;
    if (this.#still >= LOOKS) this.#watched.expired();
    else this.#arm();
  }
}
