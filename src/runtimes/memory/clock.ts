/**
 * A clock whose time advances only on request, so that a test of an hour's timeouts takes no time and is deterministic.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * clock.after(5_000, () => console.log("five seconds later"));
 * clock.advance(5_000);
 * ```
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";

/** Virtual time zero as time of day. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

interface PendingTimer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/**
 * Time under a test's control. Timers fire in the order of their time; timers of equal time fire in the order in which
 * they were set.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@sockgraph/sockgraph";
 *
 * const clock = new VirtualClock();
 * const timer = clock.after(1000, () => console.log("never"));
 * timer.cancel();
 * console.log(clock.now()); // 0
 * ```
 */
export class VirtualClock implements Clock {
  readonly #timers = new Set<PendingTimer>();
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  wall(): Date {
    return new Date(EPOCH_MS + this.#nowMs);
  }

  after(delayMs: number, fire: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), fire };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Advances time and fires the timers that become due, including those that are set meanwhile. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    while (this.step(end));
  }

  /**
   * Advances time to the next timer, fires that one, and stops there; stops at `endMs` if none is due.
   *
   * @param endMs on this clock's own scale
   * @returns false when no timer was due
   */
  step(endMs: number): boolean {
    const next = this.#next();
    if (next === null || next.dueMs > endMs) {
      this.#nowMs = Math.max(this.#nowMs, endMs);
      return false;
    }
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.fire();
    return true;
  }

  #next(): PendingTimer | null {
    let next: PendingTimer | null = null;
    for (const timer of this.#timers) if (next === null || timer.dueMs < next.dueMs) next = timer;
    return next;
  }
}
