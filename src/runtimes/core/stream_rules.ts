/**
 * Which operations a stream socket allows in which phase of its life, and the errno for the others: the same on every
 * runtime, as for the sockets of a system.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";

/** The phase of a stream socket; `lingering`: it was closed and still sends its queue. */
export type StreamPhase = "open" | "listening" | "connecting" | "connected" | "lingering" | "closed";

/** The errors that keep a socket from being bound, listening or connecting; only connect(2) distinguishes them. */
const OCCUPIED: Readonly<Record<"listening" | "connecting" | "connected", { text: string; connectCode: ErrorCode }>> = {
  listening: { text: "listens", connectCode: "EOPNOTSUPP" },
  connecting: { text: "is connecting", connectCode: "EALREADY" },
  connected: { text: "is connected", connectCode: "EISCONN" },
};

/** No stream rejects a single send: it fails as a whole. */
export const NO_SEND_ERRORS: ReadonlyMap<string, number> = new Map();

/** The error of any operation on a closed socket. */
export function closedError(action: string): NetgraphError {
  return new NetgraphError("EBADF", `${action}: the socket is closed`);
}

/**
 * The error of operations that only a new socket allows.
 *
 * @returns EBADF when it is closed; for connect EOPNOTSUPP, EALREADY or EISCONN; for the others EINVAL
 */
export function notNew(
  phase: Exclude<StreamPhase, "open">,
  verb: "bind" | "listen" | "connect",
  action: string,
): NetgraphError {
  if (phase === "lingering" || phase === "closed") return closedError(action);
  const { text, connectCode } = OCCUPIED[phase];
  return new NetgraphError(verb === "connect" ? connectCode : "EINVAL", `${action}: the socket ${text}`);
}

/** The error of accept on a socket that does not listen. */
export function notListening(): NetgraphError {
  return new NetgraphError("EINVAL", "Cannot accept: the socket does not listen");
}

/**
 * Rejects a send without a connection.
 *
 * @throws NetgraphError EISCONN with an address, ENOTCONN
 */
export function requireSending(phase: StreamPhase, to: SocketAddress | null): void {
  if (to !== null) throw new NetgraphError("EISCONN", "Cannot send to an address on a stream");
  requireConnection(phase, "Cannot send");
}

/** The error of a send after the end. */
export function sendingEnded(): NetgraphError {
  return new NetgraphError("EPIPE", "Cannot send: the socket was shut down");
}

/**
 * Rejects operations that need a connection, or one in progress.
 *
 * @throws NetgraphError ENOTCONN
 */
export function requireConnection(phase: StreamPhase, action: string): void {
  if (phase !== "connected" && phase !== "connecting") throw new NetgraphError("ENOTCONN", `${action}: not connected`);
}

/** The error of a connection that its peer has reset. */
export function resetError(action: string, options: { cause?: unknown } = {}): NetgraphError {
  return new NetgraphError("ECONNRESET", `${action}: connection was reset by the peer`, options);
}

/**
 * The error of a connect. Deno 2.9.6 reads the addresses of a connection that it has made, which fails with ENOTCONN if
 * the peer has reset it meanwhile.
 */
export function connectError(error: NetgraphError, action: string): NetgraphError {
  return error.code === "ENOTCONN" ? resetError(action, { cause: error }) : error;
}

/** The errors of reads and writes after the peer has reset the connection. */
export const RESET_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EPIPE", "ECONNRESET", "ENOTCONN"]);

/** Binding, for messages. */
export function bindAction(address: SocketAddress): string {
  return `Cannot bind ${sockaddr.format(address)}`;
}

/** Connecting, for messages. */
export function connectAction(address: SocketAddress): string {
  return `Cannot connect to ${sockaddr.format(address)}`;
}
