/**
 * How long other work of this thread waits while something is done: a timer of 1 ms says.
 *
 * @module
 */

/** What something took. */
export interface Timed<T> {
  readonly value: T;
  readonly ms: number;
  /** The longest that the timer was late. */
  readonly stallMs: number;
}

const PERIOD_MS = 1;

/** Does something and watches. */
export async function timed<T>(work: () => T | Promise<T>): Promise<Timed<T>> {
  let last = performance.now();
  let stallMs = 0;
  const look = (): void => {
    const now = performance.now();
    stallMs = Math.max(stallMs, now - last - PERIOD_MS);
    last = now;
  };
  const timer = setInterval(look, PERIOD_MS);
  // The timer is there before the work begins.
  await new Promise((resolve) => setTimeout(resolve, 2 * PERIOD_MS));
  const start = performance.now();
  last = start;
  try {
    const value = await work();
    const ms = performance.now() - start;
    look();
    return { value, ms, stallMs };
  } finally {
    clearInterval(timer);
  }
}
