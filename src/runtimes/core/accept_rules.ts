/**
 * The meaning of a failed accept, on every runtime.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../../errors.ts";

/** How long accepting pauses when the process has run out of a resource, in milliseconds. */
export const ACCEPT_PAUSE_MS = 100;

/** The process or the system has no resources left, and the connection still waits in the backlog. */
const EXHAUSTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** The error of a listener that does not accept because the process must keep the descriptors that are left. */
export function reserveError(): NetgraphError {
  return new NetgraphError("EMFILE", "Cannot accept a connection: too many open files");
}

/** The listener itself is broken, or the failure has no name. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EBADF", "EINVAL", "EOPNOTSUPP", "EIO", "ENOTCAPABLE"]);

/**
 * - `exhausted`: try again after {@linkcode ACCEPT_PAUSE_MS}
 * - `fatal`: the listener is dead
 * - `passing`: concerns one connection, which closed before it was accepted or never arrived because of the network;
 *   the next one can be accepted
 */
export function acceptFailure(code: ErrorCode): "exhausted" | "fatal" | "passing" {
  if (EXHAUSTED.has(code)) return "exhausted";
  return FATAL.has(code) ? "fatal" : "passing";
}
