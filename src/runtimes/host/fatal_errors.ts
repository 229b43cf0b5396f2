/**
 * Uncaught errors, by `node:process`, on both hosts.
 *
 * @module
 */

import process from "node:process";

/**
 * Calls `handle` for an exception or a rejection that is not caught, instead of the host's own report. The host does
 * not end the process then: `handle` must.
 */
export function onFatalError(handle: (error: unknown) => void): void {
  process.on("uncaughtException", handle);
  process.on("unhandledRejection", handle);
}
