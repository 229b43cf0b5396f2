/**
 * A stream's descriptor before it is a connection: what the transport, a listener and an attempt to connect share of it.
 *
 * @module
 */

import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { OptionStore } from "../core/stream_transport.ts";
import type { PosixHost } from "./host.ts";

/** A descriptor of a stream. */
export interface StreamDescriptor {
  readonly endpoint: Endpoint;
  readonly host: PosixHost;
  readonly fd: number;
  /** What it was bound to. */
  readonly bound: SocketAddress | null;
  readonly options: OptionStore;
  /** The poller knows the descriptor, from an earlier attempt to connect. */
  isWatched: boolean;
  /** Gives it back. */
  close(): null;
}
