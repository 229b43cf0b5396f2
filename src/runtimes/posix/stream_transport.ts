/**
 * Streams, and packets in order (seqpacket), of the system: one descriptor that becomes a listener or a connection.
 *
 * TCP_NODELAY is on for every TCP socket (without it, small requests would wait for acknowledgements), and
 * SO_REUSEADDR is set before a bind, as on the other runtimes; setopt can turn both off.
 *
 * @module
 */

import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { Bound } from "../../socket/socket.ts";
import { wildcardOf } from "../core/endpoint_address.ts";
import type {
  ConnectOptions,
  ListenOptions,
  OptionStore,
  StreamAttempt,
  StreamListening,
  StreamTransport,
} from "../core/stream_transport.ts";
import { PosixAttempt } from "./connecting.ts";
import type { StreamDescriptor } from "./descriptor.ts";
import type { PosixHost } from "./host.ts";
import { PosixListening } from "./listening.ts";
import { PosixOptions } from "./options.ts";

/** A descriptor that neither listens nor connects. */
export class PosixStreamTransport implements StreamTransport, StreamDescriptor {
  readonly endpoint: Endpoint;
  readonly host: PosixHost;
  readonly fd: number;
  bound: SocketAddress | null = null;
  isWatched = false;
  #local: SocketAddress | null = null;
  #reuseAsked = false;

  /** @throws NetgraphError the errors of opening */
  constructor(endpoint: Endpoint, host: PosixHost) {
    this.endpoint = endpoint;
    this.host = host;
    this.fd = host.openDescriptor(endpoint);
    const { IPPROTO_TCP, TCP_NODELAY } = host.system.constants;
    // Accepted connections inherit it from the listener.
    if (host.isTcp(endpoint)) host.switchOn(this.fd, IPPROTO_TCP, TCP_NODELAY);
  }

  get kind(): "open" {
    return "open";
  }

  get local(): SocketAddress | null {
    if (this.bound === null) return null;
    return this.#local ??= this.host.localAddress(this.fd, this.bound);
  }

  get options(): OptionStore {
    const { host, fd, endpoint } = this;
    return new PosixOptions(host, {
      fd,
      endpoint,
      wasSet: ({ option }) => {
        if (option === "SO_REUSEADDR") this.#reuseAsked = true;
      },
    });
  }

  bind(address: SocketAddress): Bound {
    if (address.family !== "local" && !this.#reuseAsked) {
      const { SOL_SOCKET, SO_REUSEADDR } = this.host.system.constants;
      this.host.switchOn(this.fd, SOL_SOCKET, SO_REUSEADDR);
    }
    this.host.bindDescriptor(this.fd, address);
    this.bound = address;
    return "done";
  }

  /** Linux creates the path with the bits of the socket, minus the umask: it is never wider than requested. */
  presetMode(mode: number): void {
    this.host.libc.changeMode(this.fd, mode);
  }

  listen(options: ListenOptions): StreamListening {
    // The system binds a TCP socket automatically, but not a local one.
    if (this.bound === null && this.endpoint.family === "local") this.bind(wildcardOf(this.endpoint));
    return new PosixListening(this, options);
  }

  connect(address: SocketAddress, { events }: ConnectOptions): StreamAttempt {
    return new PosixAttempt(this, address, events);
  }

  close(): null {
    // From now on the address comes from a cache, because the system may reuse the descriptor number.
    this.#local = this.bound === null ? null : this.#local ?? this.bound;
    this.host.poller.closeLater(this.fd);
    return null;
  }
}
