/**
 * A stream of a host that makes the system's socket with the listen or connect: a bind is left to them.
 *
 * @module
 */

import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { Bound } from "../../socket/socket.ts";
import type { SocketHost } from "../core/socket_host.ts";
import { type OptionRules, SocketOptions } from "../core/socket_options.ts";
import type {
  ConnectOptions,
  ListenOptions,
  StreamAttempt,
  StreamListening,
  StreamTransport,
} from "../core/stream_transport.ts";

/** How a host makes streams. */
export interface HostStreams {
  /** What it does with their options. */
  readonly rules: OptionRules;
  /** @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES … */
  listen(stream: HostStream, options: ListenOptions): StreamListening;
  /** @throws NetgraphError EOPNOTSUPP where the host cannot connect from there */
  connect(stream: HostStream, address: SocketAddress, options: ConnectOptions): StreamAttempt;
}

/**
 * What a host's TCP sockets have without being asked. TCP_NODELAY: a relay passes on what it has, and would otherwise
 * wait for an acknowledgement before each small piece.
 */
export const STREAM_DEFAULTS = { TCP_NODELAY: 1, SO_REUSEADDR: 1 } as const;

/** A stream that neither listens nor connects. */
export class HostStream implements StreamTransport {
  readonly kind = "open";
  readonly local = null;
  readonly endpoint: Endpoint;
  readonly host: SocketHost;
  readonly options: SocketOptions;
  readonly #streams: HostStreams;

  constructor(endpoint: Endpoint, host: SocketHost, streams: HostStreams) {
    this.endpoint = endpoint;
    this.host = host;
    this.options = new SocketOptions(socketKind(endpoint), streams.rules);
    this.#streams = streams;
  }

  bind(): Bound {
    return "deferred";
  }

  listen(options: ListenOptions): StreamListening {
    return this.#streams.listen(this, options);
  }

  connect(address: SocketAddress, options: ConnectOptions): StreamAttempt {
    return this.#streams.connect(this, address, options);
  }

  close(): null {
    return null;
  }
}
