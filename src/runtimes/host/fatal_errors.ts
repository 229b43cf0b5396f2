/**
 * Errors that nothing catches, by `node:process`, on either host.
 *
 * @module
 */

import process from "node:process";

/**
 * Calls `handle` for an exception or a rejection that nothing catches, in place of the host's own report. The host does
 * not end the process then: `handle` must.
 */
export function onFatalError(handle: (error: unknown) => void): void {
  process.on("uncaughtException", handle);
  process.on("unhandledRejection", handle);
}
