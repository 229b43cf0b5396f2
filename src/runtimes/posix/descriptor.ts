/**
 * A stream's descriptor before it is a connection: shared by the transport, a listener and a connect attempt.
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
  /** The address that it was bound to. */
  readonly bound: SocketAddress | null;
  readonly options: OptionStore;
  /** The poller knows the descriptor, from an earlier attempt to connect. */
  isWatched: boolean;
  /** Closes it. */
  close(): null;
}
