/**
 * What a failed accept means, on every runtime.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";

/** How long accepting pauses when the process has run out of something, in milliseconds. */
export const ACCEPT_PAUSE_MS = 100;

/** The process or system has run out, and the connection still waits in the backlog. */
const EXHAUSTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** The listener itself is broken, or a failure has no name. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EBADF", "EINVAL", "EOPNOTSUPP", "EIO", "ENOTCAPABLE"]);

/**
 * - `exhausted`: try again after {@linkcode ACCEPT_PAUSE_MS}
 * - `fatal`: the listener is dead
 * - `passing`: it is about one connection, which has gone away before it was taken or never came by a network that
 *   fails: the next one is as good
 */
export function acceptFailure(code: ErrorCode): "exhausted" | "fatal" | "passing" {
  if (EXHAUSTED.has(code)) return "exhausted";
  return FATAL.has(code) ? "fatal" : "passing";
}
