/**
 * The phases of a stream socket, each with what it has in it.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Lingering } from "./lingering.ts";
import type { Ending, StreamAttempt, StreamConnection, StreamListening, StreamTransport } from "./stream_transport.ts";

/** The callback of `connect`. */
export type Done = (error: NetgraphError | null) => void;

/** A connect under way. */
export interface Connecting {
  readonly kind: "connecting";
  /** The phase to return to when the attempt fails. */
  readonly transport: StreamTransport;
  readonly attempt: StreamAttempt;
  readonly address: SocketAddress;
  readonly done: Done;
}

/** The state of a phase is the transport's part of it, if it is no more than that. */
export type State =
  | StreamTransport
  | StreamListening
  | Connecting
  | StreamConnection
  | Lingering<StreamConnection>
  | { readonly kind: "closed" };

/** It has ended. */
export const CLOSED: State = { kind: "closed" };

/** Releases the system's resources of a socket. */
export function releaseItem(state: Exclude<State, { readonly kind: "closed" }>, how: Ending): Promise<void> | null {
  switch (state.kind) {
    case "open":
    case "listening":
      return state.close();
    case "connecting":
      return state.attempt.close();
    case "connected":
      return state.close(how);
    case "lingering":
      return state.socket.close(how);
  }
}
