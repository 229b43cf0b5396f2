/**
 * Streams over `Bun.listen` and Bun's connections. Bun makes the system's socket with the listen or connect, so that a
 * bind is left to them.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { Bound } from "../../socket/socket.ts";
import { wildcardOf } from "../core/endpoint_address.ts";
import type { SocketHost } from "../core/socket_host.ts";
import { type OptionRules, SocketOptions } from "../core/socket_options.ts";
import type {
  ConnectOptions,
  ListenOptions,
  StreamAttempt,
  StreamListening,
  StreamTransport,
} from "../core/stream_transport.ts";
import { withinMode } from "../host/path_mode.ts";
import { BunBacklog, SYSTEM_BACKLOG } from "./backlog.ts";
import { type Connecting, openConnection, openListener, peerOf } from "./calls.ts";
import { BUN_CAPABILITIES } from "./capabilities.ts";
import { BunConnection } from "./connection.ts";
import { BunReader } from "./reader.ts";
import type { BunListener, Wire } from "./types.ts";

/**
 * TCP_NODELAY is on unless it is turned off, as Bun has it: a relay passes on what it has, and would otherwise wait for
 * an acknowledgement before each small piece.
 */
const RULES: OptionRules = {
  capabilities: BUN_CAPABILITIES,
  defaults: { TCP_NODELAY: 1, SO_REUSEADDR: 1 },
  alwaysOn: ["SO_REUSEADDR"],
  early: ["SO_REUSEPORT", "IPV6_V6ONLY"],
  madeBy: "listen",
};

/** A stream on Bun that neither listens nor connects. */
export class BunStreamTransport implements StreamTransport {
  readonly kind = "open";
  readonly local = null;
  readonly endpoint: Endpoint;
  readonly host: SocketHost;
  readonly options: SocketOptions;

  constructor(endpoint: Endpoint, host: SocketHost) {
    this.endpoint = endpoint;
    this.host = host;
    this.options = new SocketOptions(socketKind(endpoint), RULES);
  }

  bind(): Bound {
    return "deferred";
  }

  listen(asked: ListenOptions): StreamListening {
    return new BunListening(this, asked);
  }

  connect(address: SocketAddress, asked: ConnectOptions): StreamAttempt {
    if (asked.bound?.family !== "local") return new BunAttempt(this, address, asked);
    const action = `Cannot connect to ${sockaddr.format(address)}`;
    throw new NetgraphError("EOPNOTSUPP", `${action}: Bun cannot bind a path before connect, runtime "posix" can`);
  }

  close(): null {
    return null;
  }
}

/** A listener on Bun. */
class BunListening implements StreamListening {
  readonly kind = "listening";
  readonly local: SocketAddress;
  readonly options: SocketOptions;
  backlogNote: string | null = null;
  readonly #asked: ListenOptions;
  readonly #of: BunStreamTransport;
  readonly #listener: BunListener;
  readonly #waiting: BunBacklog;

  constructor(of: BunStreamTransport, asked: ListenOptions) {
    this.#of = of;
    this.#asked = asked;
    this.options = of.options;
    this.#waiting = new BunBacklog(asked.backlog, (reader) => this.#accepted(reader));
    const { listener, local } = withinMode(
      asked.path?.mode ?? null,
      () =>
        openListener(asked.bound ?? wildcardOf(of.endpoint), {
          reusePort: of.options.isOn("SO_REUSEPORT"),
          ipv6Only: of.options.isOn("IPV6_V6ONLY"),
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

  /** Bun 1.4.5 removes whatever is at the path. */
  close(): Promise<void> {
    this.#waiting.stop();
    const close = (): Promise<void> => Promise.resolve(this.#listener.stop(false));
    return this.#asked.path === null ? close() : this.#asked.path.closeBy(close);
  }

  #accepted(reader: BunReader): void {
    const { host, endpoint } = this.#of;
    const peer = peerOf(reader.wire) ?? wildcardOf(endpoint);
    const options = this.options.inherited();
    this.#asked.events.accepted(new BunConnection(reader, { pool: host.pool, options, local: this.local, peer }));
  }
}

/** A connect under way on Bun. */
class BunAttempt implements StreamAttempt {
  readonly #connecting: Connecting;
  #isCanceled = false;
  #isClosed = false;

  constructor(of: BunStreamTransport, address: SocketAddress, { bound, events }: ConnectOptions) {
    this.#connecting = openConnection(address, {
      from: bound,
      clock: of.host.clock,
      connected: (wire) => {
        if (this.#isClosed) wire.terminate();
        else events.connected(connectionOf(wire, of, { local: bound, peer: address }));
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

function connectionOf(
  wire: Wire,
  { host, options, endpoint }: BunStreamTransport,
  { local, peer }: { local: SocketAddress | null; peer: SocketAddress },
): BunConnection {
  const own = local ?? wildcardOf(endpoint);
  return new BunConnection(new BunReader(wire), { pool: host.pool, options, local: own, peer });
}
