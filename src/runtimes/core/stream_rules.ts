/**
 * What a stream socket may be asked for in which phase of its life, and the errno for what it may not: the same on
 * every runtime, as it is for the sockets of a system.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";

/** How far a stream socket has come; `lingering`: it was closed and still sends what it had. */
export type StreamPhase = "open" | "listening" | "connecting" | "connected" | "lingering" | "closed";

/** What keeps a socket from being bound, listening or connecting; only connect(2) tells one from the other. */
const OCCUPIED: Readonly<Record<"listening" | "connecting" | "connected", { text: string; connectCode: ErrorCode }>> = {
  listening: { text: "listens", connectCode: "EOPNOTSUPP" },
  connecting: { text: "is connecting", connectCode: "EALREADY" },
  connected: { text: "is connected", connectCode: "EISCONN" },
};

/** No stream refuses a single send: it fails as a whole. */
export const NO_SEND_ERRORS: ReadonlyMap<string, number> = new Map();

/** What is refused on a socket that was closed. */
export function closedError(action: string): NetgraphError {
  return new NetgraphError("EBADF", `${action}: the socket is closed`);
}

/**
 * The answer to what only a new socket can do.
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

/** The answer to accept on a socket that does not listen. */
export function notListening(): NetgraphError {
  return new NetgraphError("EINVAL", "Cannot accept: the socket does not listen");
}

/**
 * Refuses to send where there is no connection.
 *
 * @throws NetgraphError EISCONN with an address, ENOTCONN
 */
export function requireSending(phase: StreamPhase, to: SocketAddress | null): void {
  if (to !== null) throw new NetgraphError("EISCONN", "Cannot send to an address on a stream");
  requireConnection(phase, "Cannot send");
}

/** The answer to a send behind the end. */
export function sendingEnded(): NetgraphError {
  return new NetgraphError("EPIPE", "Cannot send: the socket was shut down");
}

/**
 * Refuses what needs a connection, or one under way.
 *
 * @throws NetgraphError ENOTCONN
 */
export function requireConnection(phase: StreamPhase, action: string): void {
  if (phase !== "connected" && phase !== "connecting") throw new NetgraphError("ENOTCONN", `${action}: not connected`);
}

/** The failure of a connection that its peer has reset. */
export function resetError(action: string, options: { cause?: unknown } = {}): NetgraphError {
  return new NetgraphError("ECONNRESET", `${action}: connection was reset by the peer`, options);
}

/** What reading and writing meet when the peer has reset the connection. */
export const RESET_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EPIPE", "ECONNRESET", "ENOTCONN"]);
