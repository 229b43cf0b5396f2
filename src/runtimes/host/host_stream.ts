/**
 * A stream of a host that creates the system's socket on listen or connect: a bind is deferred to them.
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

/** How a host creates streams. */
export interface HostStreams {
  /** How it handles their options. */
  readonly rules: OptionRules;
  /** @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES … */
  listen(stream: HostStream, options: ListenOptions): StreamListening;
  /** @throws NetgraphError EOPNOTSUPP if the host cannot connect from there */
  connect(stream: HostStream, address: SocketAddress, options: ConnectOptions): StreamAttempt;
}

/**
 * The options of a host's TCP sockets by default. TCP_NODELAY: a relay sends its data immediately, and would otherwise
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
