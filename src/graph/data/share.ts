/**
 * A node that exists in each of several graphs: all have the same address, and each accepts its part of the
 * connections.
 *
 * @module
 */

/** The index of a node among its equal parts. */
export interface Share {
  /** From 0. */
  readonly part: number;
  /** The number of parts. */
  readonly of: number;
}

/** The part of a node that is not shared. */
export const WHOLE: Share = { part: 0, of: 1 };

/** A part's share of a limit; the first parts have the remainder. */
export function partOfLimit(limit: number, { part, of }: Share): number {
  return Math.floor(limit / of) + (part < limit % of ? 1 : 0);
}
