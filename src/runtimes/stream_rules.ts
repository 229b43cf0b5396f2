/**
 * What a stream socket may be asked for in which phase of its life, and the errno for what it may not: the same on
 * every runtime, as it is for the sockets of a system.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../errors.ts";
import type { SocketAddress } from "../socket/address.ts";

/** How far a stream socket has come; `closing`: it was closed and still sends what it had. */
export type StreamPhase = "open" | "listening" | "connecting" | "connected" | "closing" | "dead";

/** What keeps a socket from being bound, listening or connecting; only connect(2) tells one from the other. */
const OCCUPIED: Readonly<Record<"listening" | "connecting" | "connected", { text: string; connectCode: ErrorCode }>> = {
  listening: { text: "listens", connectCode: "EOPNOTSUPP" },
  connecting: { text: "is connecting", connectCode: "EALREADY" },
  connected: { text: "is connected", connectCode: "EISCONN" },
};

/** No stream refuses a single send: it fails as a whole. */
export const NO_SEND_ERRORS: ReadonlyMap<string, number> = new Map();

/**
 * Refuses what only a new socket can do.
 *
 * @throws NetgraphError EBADF when it is closed; for connect EOPNOTSUPP, EALREADY or EISCONN; for the others EINVAL
 */
export function requireNew(phase: StreamPhase, verb: "bind" | "listen" | "connect", action: string): void {
  if (phase === "open") return;
  if (phase === "closing" || phase === "dead") throw new NetgraphError("EBADF", `${action}: the socket is closed`);
  const { text, connectCode } = OCCUPIED[phase];
  throw new NetgraphError(verb === "connect" ? connectCode : "EINVAL", `${action}: the socket ${text}`);
}

/** The answer to accept on a socket that does not listen. */
export function notListening(): NetgraphError {
  return new NetgraphError("EINVAL", "Cannot accept: the socket does not listen");
}

/**
 * Refuses to send where there is nobody to send to. Every item passes here, so that nothing is made.
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
