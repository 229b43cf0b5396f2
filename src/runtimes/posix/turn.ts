/**
 * Turns of the host's own loop, for a thread that otherwise blocks in ours: in one turn the messages that have come are
 * delivered and every promise that can go on does.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Settles after one full turn. A mere `await` drains a single level of promises. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
