/**
 * Turns of the host's own loop, for a thread that otherwise blocks in ours: in one turn waiting messages are delivered
 * and every promise that can continue does.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Resolves after one full turn. A mere `await` drains a single level of promises. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
