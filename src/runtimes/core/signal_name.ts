/**
 * Signals by their numbers.
 *
 * @module
 */

import { constants } from "node:os";

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

/** The name of a signal: `SIGKILL`. */
export function signalName(signal: number): string {
  return NAMES.get(signal) ?? `signal ${signal}`;
}
