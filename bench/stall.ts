/**
 * How long other work of this thread waits while something is done: a timer of 1 ms says.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** What something took. */
export interface Timed<T> {
  readonly value: T;
  readonly ms: number;
  /** The longest that the timer was late. */
  readonly stallMs: number;
  /** The longest that this thread was at work meanwhile, which a busy machine does not lengthen; NaN where unknown. */
  readonly workMs: number;
}

const PERIOD_MS = 1;

/** Does something and watches. */
export async function timed<T>(work: () => T | Promise<T>): Promise<Timed<T>> {
  let last = performance.now();
  let stallMs = 0;
  let workMs = 0;
  let worked = threadTimeMs();
  const look = (): void => {
    const now = performance.now();
    stallMs = Math.max(stallMs, now - last - PERIOD_MS);
    last = now;
    const work = threadTimeMs();
    workMs = Math.max(workMs, work - worked);
    worked = work;
  };
  const timer = setInterval(look, PERIOD_MS);
  // The timer is there before the work begins.
  await new Promise((resolve) => setTimeout(resolve, 2 * PERIOD_MS));
  const start = performance.now();
  last = start;
  worked = threadTimeMs();
  workMs = 0;
  try {
    const value = await work();
    const ms = performance.now() - start;
    look();
    return { value, ms, stallMs, workMs };
  } finally {
    clearInterval(timer);
  }
}

/** How long this thread has been at work, in milliseconds, as Linux counts it. */
function threadTimeMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    return NaN; // Another system.
  }
}
