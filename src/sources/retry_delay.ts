/**
 * When a source that could not be read is tried again: soon, so that its topologies are Stalled no longer than it is
 * unavailable; then less and less often, so that a server that is down is not flooded.
 *
 * @module
 */

const FIRST_MS = 1_000;

/** The delay after a number of failed reads in a row; callers limit it to their usual interval. */
export function readAgainAfterMs(failures: number): number {
  return FIRST_MS * 2 ** (failures - 1);
}
