/**
 * The real clock, on both hosts: the only code that reads the system time.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { CoarseTimers } from "../coarse_timers.ts";

/** The longest delay of setTimeout; a longer one would fire immediately. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** From this delay on a timer may be late by a tick: such long delays are limits rather than intervals. */
const COARSE_FROM_MS = 2_000;

const coarse = new CoarseTimers({
  now: () => performance.now(),
  after: (delayMs, fire) => new SystemTimer(delayMs, fire),
});

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => new Date(),
  after: (delayMs, fire) => delayMs < COARSE_FROM_MS ? new SystemTimer(delayMs, fire) : coarse.after(delayMs, fire),
};

class SystemTimer implements Timer {
  #handle: ReturnType<typeof setTimeout>;

  constructor(delayMs: number, fire: () => void) {
    this.#handle = this.#start(delayMs, fire);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  /** A delay of more than 24 days is divided into several timers. */
  #start(delayMs: number, fire: () => void): ReturnType<typeof setTimeout> {
    if (delayMs <= MAX_DELAY_MS) return setTimeout(fire, Math.max(0, delayMs));
    return setTimeout(() => {
      this.#handle = this.#start(delayMs - MAX_DELAY_MS, fire);
    }, MAX_DELAY_MS);
  }
}
