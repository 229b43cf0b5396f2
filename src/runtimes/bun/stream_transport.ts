/**
 * Streams over `Bun.listen` and Bun's connections.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { wildcardOf } from "../core/endpoint_address.ts";
import type { SocketOptions } from "../core/socket_options.ts";
import type { ConnectOptions, ListenOptions, StreamAttempt, StreamListening } from "../core/stream_transport.ts";
import { type HostStream, type HostStreams, STREAM_DEFAULTS } from "../host/host_stream.ts";
import { withinMode } from "../host/path_mode.ts";
import { BunBacklog, SYSTEM_BACKLOG } from "./backlog.ts";
import { type Connecting, openConnection, openListener, peerOf } from "./calls.ts";
import { BUN_CAPABILITIES } from "./capabilities.ts";
import { BunConnection } from "./connection.ts";
import { BunReader } from "./reader.ts";
import type { BunListener } from "./types.ts";

/** Streams of Bun. */
export const bunStreams: HostStreams = {
  rules: {
    capabilities: BUN_CAPABILITIES,
    defaults: STREAM_DEFAULTS,
    alwaysOn: ["SO_REUSEADDR"],
    early: ["SO_REUSEPORT", "IPV6_V6ONLY"],
    madeBy: "listen",
  },
  listen: (stream, asked) => new BunListening(stream, asked),
  connect(stream, address, asked) {
    if (asked.bound?.family !== "local") return new BunAttempt(stream, address, asked);
    const action = `Cannot connect to ${sockaddr.format(address)}`;
    throw new NetgraphError("EOPNOTSUPP", `${action}: Bun cannot bind a path before connect, runtime "posix" can`);
  },
};

/** A listener on Bun. */
class BunListening implements StreamListening {
  readonly kind = "listening";
  readonly local: SocketAddress;
  readonly options: SocketOptions;
  backlogNote: string | null = null;
  readonly #asked: ListenOptions;
  readonly #stream: HostStream;
  readonly #listener: BunListener;
  readonly #waiting: BunBacklog;

  constructor(stream: HostStream, asked: ListenOptions) {
    const { endpoint, options } = stream;
    this.#stream = stream;
    this.#asked = asked;
    this.options = options;
    this.#waiting = new BunBacklog(asked.backlog, (reader) => this.#accepted(reader));
    const { listener, local } = withinMode(
      asked.path?.mode ?? null,
      () =>
        openListener(asked.bound ?? wildcardOf(endpoint), {
          reusePort: options.isOn("SO_REUSEPORT"),
          ipv6Only: options.isOn("IPV6_V6ONLY"),
          arrived: (wire) => this.#waiting.arrived(wire),
        }),
    );
    this.#listener = listener;
    this.local = local;
    this.setBacklog(asked.backlog);
  }

  setBacklog(backlog: number): void {
    this.backlogNote = backlog === SYSTEM_BACKLOG
      ? null
      : `its backlog is ${SYSTEM_BACKLOG} and not ${backlog}: Bun does not pass it on`;
  }

  accept(): void {
    this.#waiting.want();
  }

  /** Bun 1.4.5 removes any file at the path. */
  close(): Promise<void> {
    this.#waiting.stop();
    const close = (): Promise<void> => Promise.resolve(this.#listener.stop(false));
    return this.#asked.path === null ? close() : this.#asked.path.closeBy(close);
  }

  #accepted(reader: BunReader): void {
    const { host, endpoint } = this.#stream;
    const peer = peerOf(reader.wire) ?? wildcardOf(endpoint);
    const options = this.options.inherited();
    this.#asked.events.accepted(new BunConnection(reader, { pool: host.pool, options, local: this.local, peer }));
  }
}

/** A connect in progress on Bun. */
class BunAttempt implements StreamAttempt {
  readonly #connecting: Connecting;
  #isCanceled = false;
  #isClosed = false;

  constructor({ host, options, endpoint }: HostStream, address: SocketAddress, { bound, events }: ConnectOptions) {
    this.#connecting = openConnection(address, {
      from: bound,
      clock: host.clock,
      connected: (wire) => {
        if (this.#isClosed) return wire.terminate();
        const local = bound ?? wildcardOf(endpoint);
        events.connected(new BunConnection(new BunReader(wire), { pool: host.pool, options, local, peer: address }));
      },
      failed: (error) => {
        if (this.#isClosed) return;
        if (this.#isCanceled) events.connectCanceled();
        else events.connectFailed(error);
      },
    });
  }

  cancel(): void {
    this.#isCanceled = true;
    this.#connecting.cancel();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#connecting.cancel();
    return this.#connecting.settled;
  }
}
