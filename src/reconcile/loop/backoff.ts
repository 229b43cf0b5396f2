/**
 * When what failed is tried again: soon at first, then ever later, never all at the same moment.
 *
 * @module
 */

/** The first delay. */
export const FIRST_DELAY_MS = 250;

/**
 * The longest delay, before jitter: what is back is found within three seconds. An attempt costs one connect or one
 * bind.
 */
export const LONGEST_DELAY_MS = 2_000;

/** How far jitter reaches, as a part of the delay, either way. */
export const JITTER = 0.2;

/** How long a node must do well until its next failure counts as the first. */
export const SETTLED_AFTER_MS = 60_000;

/**
 * The delay before the next attempt.
 *
 * @param attempt how many there have been, from 0
 * @param random a number from 0 up to 1
 */
export function retryDelayMs(attempt: number, random: number): number {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}
