/**
 * When a source that could not be read is tried again: soon, so that its topologies are Stalled no longer than it is
 * unavailable; after a minute less and less often, so that a server that is down is not flooded.
 *
 * @module
 */

const FIRST_MS = 1_000;
const NEXT_MS = 2_000;
/** As many failures as there are in the first minute. */
const MANY = 30;

/** The delay after a number of failed reads in a row; callers limit it to their usual interval. */
export function readAgainAfterMs(failures: number): number {
  if (failures === 1) return FIRST_MS;
  return NEXT_MS * 2 ** Math.max(0, failures - MANY);
}
