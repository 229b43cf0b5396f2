/**
 * Time as a contract: no code outside `runtimes/` reads it from a global, so that the memory runtime can advance it at
 * will and a worker that blocks in epoll can have its own heap of timers.
 *
 * @module
 */

/** A timer that was set; cancelling it twice, or after it fired, does nothing. */
export interface Timer {
  /** Cancels the timer. */
  cancel(): void;
}

/** The time, and timers. */
export interface Clock {
  /** Milliseconds on a clock that never goes back; its zero has no meaning. */
  now(): number;
  /** The wall clock, for people. */
  wall(): Date;
  /** Calls `fire` once, `delayMs` from now, never before the caller has returned. */
  after(delayMs: number, fire: () => void): Timer;
}

/**
 * Waits.
 *
 * @param clock the clock
 * @param delayMs how long, in milliseconds
 * @throws the signal's reason, when it aborts first
 */
export function sleep(clock: Clock, delayMs: number, options: { signal?: AbortSignal } = {}): Promise<void> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}
