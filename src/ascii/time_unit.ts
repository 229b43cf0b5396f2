/**
 * Units of time, as durations and rates have them.
 *
 * @module
 */

import { type Units, unitWords } from "./unit.ts";

/** Milliseconds by unit, the largest first. */
export const TIME_UNITS = [["h", 3_600_000], ["m", 60_000], ["s", 1_000], ["ms", 1]] as const satisfies Units;

/** Other spellings of the units. */
export const TIME_WORDS: Readonly<Record<string, string>> = unitWords({
  h: "hr hrs hour hours",
  m: "min mins minute minutes",
  s: "sec secs second seconds",
  ms: "msec msecs millis millisecond milliseconds",
});
