/**
 * Streams in memory: addresses, listeners with a backlog, and attempts to connect.
 *
 * @module
 */

import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";
import { isWildcard, type SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { Bound } from "../../socket/socket.ts";
import { sourceFor, wildcardOf } from "../core/endpoint_address.ts";
import type {
  ConnectEvents,
  ConnectOptions,
  ListenEvents,
  ListenOptions,
  StreamAttempt,
  StreamListening,
  StreamTransport,
} from "../core/stream_transport.ts";
import { MemoryBacklog } from "./backlog.ts";
import { MemoryConnection, type MemoryConnectionHost } from "./connection.ts";
import { MemoryOptions } from "./host.ts";
import type { PortTable } from "./ports.ts";

/** Shared by all streams, which find each other by it. */
export interface StreamHost extends MemoryConnectionHost {
  readonly streams: PortTable<MemoryStreamTransport>;
}

/** A stream in memory; it keeps its address until its last part has closed. */
export class MemoryStreamTransport implements StreamTransport {
  readonly kind = "open";
  readonly endpoint: Endpoint;
  readonly host: StreamHost;
  readonly options: MemoryOptions;
  local: SocketAddress | null = null;
  listening: MemoryListening | null = null;
  /** True if the address was reserved, and not only recorded. */
  #isHolding = false;

  constructor(endpoint: Endpoint, host: StreamHost) {
    this.endpoint = endpoint;
    this.host = host;
    this.options = new MemoryOptions(host, socketKind(endpoint));
  }

  bind(address: SocketAddress): Bound {
    this.host.faults.check("bind", sockaddr.format(address));
    this.#take(address);
    return "done";
  }

  listen({ backlog, events }: ListenOptions): StreamListening {
    const local = this.local ?? this.#take(wildcardOf(this.endpoint));
    this.host.faults.check("listen", sockaddr.format(local));
    return this.listening = new MemoryListening(this, { backlog, local, events });
  }

  connect(address: SocketAddress, { events }: ConnectOptions): StreamAttempt {
    if (this.local === null) {
      if (address.family === "local") this.local = { family: "local", path: "" };
      else this.#take(sourceFor(this.endpoint, address));
    }
    return new MemoryAttempt(this, address, events);
  }

  close(): null {
    if (this.local !== null && this.#isHolding) this.host.streams.release(this.local, this);
    this.#isHolding = false;
    return null;
  }

  /** Releases its path after the path was removed; a listener that can no longer be reached fails. */
  losePath(error: NetgraphError): void {
    this.close();
    const { listening } = this;
    if (listening !== null) this.host.turns.post(() => this.listening === listening && listening.events.failed(error));
  }

  #take(address: SocketAddress): SocketAddress {
    this.local = this.host.streams.take(address, this, { share: () => this.options.share });
    this.#isHolding = true;
    return this.local;
  }
}

/** A listener in memory. */
class MemoryListening implements StreamListening {
  readonly kind = "listening";
  readonly local: SocketAddress;
  readonly options: MemoryOptions;
  readonly events: ListenEvents;
  readonly backlog: MemoryBacklog<MemoryAttempt, MemoryConnection>;
  readonly #transport: MemoryStreamTransport;

  constructor(
    transport: MemoryStreamTransport,
    { backlog, local, events }: { backlog: number; local: SocketAddress; events: ListenEvents },
  ) {
    this.#transport = transport;
    this.local = local;
    this.options = transport.options;
    this.events = events;
    this.backlog = new MemoryBacklog(transport.host, {
      size: Math.max(1, backlog),
      address: local,
      admit: (client) => this.#admit(client),
      alive: (child) => !child.isClosed,
      accepted: (child) => child.isClosed || events.accepted(child),
      paused: (error) => events.acceptFailed(error),
    });
  }

  setBacklog(_backlog: number): void {}

  accept(): void {
    this.backlog.want();
  }

  close(): null {
    this.#transport.listening = null;
    const { children, clients } = this.backlog.close();
    for (const child of children) child.close("aborted");
    for (const client of clients) client.refuseLater("ECONNREFUSED");
    return this.#transport.close();
  }

  /** Makes both ends of a new connection, if the client has not canceled; one end waits to be accepted. */
  #admit(client: MemoryAttempt): MemoryConnection | null {
    if (client.isOver) return null;
    const { host, endpoint } = this.#transport;
    const { address } = client;
    const peer = isWildcard(address) ? this.local : address;
    const source = client.transport.local ?? sourceFor(endpoint, address);
    const own = new MemoryConnection(host, { local: source, peer, options: client.transport.options });
    const child = new MemoryConnection(host, { local: peer, peer: source, options: this.options.inherited() });
    own.join(child, () => client.transport.close());
    client.connected(own);
    return child;
  }
}

/** A connect in progress in memory. */
class MemoryAttempt implements StreamAttempt {
  readonly transport: MemoryStreamTransport;
  readonly address: SocketAddress;
  /** It was answered, canceled or closed. */
  isOver = false;
  readonly #events: ConnectEvents;

  constructor(transport: MemoryStreamTransport, address: SocketAddress, events: ConnectEvents) {
    this.transport = transport;
    this.address = address;
    this.#events = events;
    transport.host.turns.post(() => this.#dial());
  }

  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.transport.host.turns.post(() => this.#events.connectCanceled());
  }

  close(): null {
    this.isOver = true;
    return this.transport.close();
  }

  connected(connection: MemoryConnection): void {
    this.isOver = true;
    this.#events.connected(connection);
  }

  refuseLater(code: ErrorCode): void {
    this.transport.host.turns.post(() => this.#refuse(code));
  }

  #dial(): void {
    if (this.isOver) return;
    const { host } = this.transport;
    const fault = host.faults.hit("connect", sockaddr.format(this.address));
    if (fault !== null) return this.#refuse(fault.code);
    if (!host.reachable(this.address)) return this.#refuse("EHOSTUNREACH");
    const found = host.streams.find(this.address, ({ listening }) => listening !== null);
    if (found?.listening) found.listening.backlog.offer(this);
    else this.#refuse("ECONNREFUSED");
  }

  #refuse(code: ErrorCode): void {
    if (this.isOver) return;
    this.isOver = true;
    const message = `Cannot connect to ${sockaddr.format(this.address)}: ${errorText(code)}`;
    this.#events.connectFailed(new NetgraphError(code, message));
  }
}
