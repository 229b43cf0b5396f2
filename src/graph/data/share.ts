/**
 * A node that is there several times, once in each of so many graphs: all of them have the same address, and each takes
 * its part of what comes.
 *
 * @module
 */

/** Which part of how many equal ones a node is. */
export interface Share {
  /** From 0. */
  readonly part: number;
  /** How many there are. */
  readonly of: number;
}

/** What a node is that nobody shares. */
export const WHOLE: Share = { part: 0, of: 1 };

/** A part's share of a limit; the first ones have what does not divide. */
export function partOfLimit(limit: number, { part, of }: Share): number {
  return Math.floor(limit / of) + (part < limit % of ? 1 : 0);
}
