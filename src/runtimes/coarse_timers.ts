/**
 * Timers that may be a little late: all that are due in the same tick share one timer of the underlying clock. A relay
 * sets several for every connection and cancels nearly all of them; here each costs only an entry of a set.
 *
 * @module
 */

import { CompactingMap, CompactingSet } from "../compacting_map.ts";
import type { Clock, Timer } from "../clock.ts";

/** The greatest delay of a timer, in milliseconds. */
export const TICK_MS = 250;

/** Timers that use those of `clock`. */
export class CoarseTimers {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #ticks = new CompactingMap<number, Tick>();

  constructor(clock: Pick<Clock, "now" | "after">) {
    this.#clock = clock;
  }

  /** As {@linkcode Clock.after}, but up to {@linkcode TICK_MS} late. */
  after(delayMs: number, fire: () => void): Timer {
    const now = this.#clock.now();
    const due = Math.ceil((now + delayMs) / TICK_MS);
    return new CoarseTimer(this.#ticks.get(due) ?? this.#begin(due, due * TICK_MS - now), fire);
  }

  #begin(due: number, delayMs: number): Tick {
    const end = (): void => {
      this.#ticks.delete(due);
    };
    const tick = new Tick((fire) => this.#clock.after(delayMs, fire), end);
    this.#ticks.set(due, tick);
    return tick;
  }
}

/** The timers that are due at one time. */
class Tick {
  readonly #waiting = new CompactingSet<CoarseTimer>();
  readonly #timer: Timer;
  readonly #end: () => void;

  /** @param end is called when no more timers can be added */
  constructor(start: (fire: () => void) => Timer, end: () => void) {
    this.#timer = start(() => this.#fire());
    this.#end = end;
  }

  add(timer: CoarseTimer): void {
    this.#waiting.add(timer);
  }

  remove(timer: CoarseTimer): void {
    if (!this.#waiting.delete(timer) || this.#waiting.size > 0) return;
    // A timer without waiting callers would keep the process alive.
    this.#timer.cancel();
    this.#end();
  }

  #fire(): void {
    this.#end();
    for (const timer of this.#waiting) {
      this.#waiting.delete(timer);
      timer.fire();
    }
  }
}

class CoarseTimer implements Timer {
  readonly fire: () => void;
  readonly #tick: Tick;

  constructor(tick: Tick, fire: () => void) {
    this.#tick = tick;
    this.fire = fire;
    tick.add(this);
  }

  cancel(): void {
    this.#tick.remove(this);
  }
}
