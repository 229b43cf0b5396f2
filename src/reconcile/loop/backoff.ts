/**
 * When a failed step is retried: soon at first, then with growing delays, never all at the same moment.
 *
 * @module
 */

/** The first delay. */
export const FIRST_DELAY_MS = 250;

/**
 * The longest delay, before jitter: a recovered target is found within three seconds. An attempt costs one connect or
 * one bind.
 */
export const LONGEST_DELAY_MS = 2_000;

/** The range of jitter, as a part of the delay, in both directions. */
export const JITTER = 0.2;

/** How long a node must work before its next failure counts as the first. */
export const SETTLED_AFTER_MS = 60_000;

/**
 * The delay before the next attempt.
 *
 * @param attempt the number of previous attempts
 * @param random a number from 0 up to 1
 */
export function retryDelayMs(attempt: number, random: number): number {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}
