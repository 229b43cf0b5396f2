/**
 * Streams over `Deno.listen` and `Deno.connect`.
 *
 * Deno makes the system's socket with the listen or connect, so that a bind is left to them; a bind before a connect is
 * refused, because Deno cannot choose the source address.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { Bound } from "../../socket/socket.ts";
import { isUnspecific, wildcardOf, withZoneOf } from "../core/endpoint_address.ts";
import type { SocketHost } from "../core/socket_host.ts";
import { type OptionRules, SocketOptions } from "../core/socket_options.ts";
import type {
  ConnectEvents,
  ConnectOptions,
  ListenEvents,
  ListenOptions,
  StreamAttempt,
  StreamListening,
  StreamTransport,
} from "../core/stream_transport.ts";
import { systemError } from "../system_error.ts";
import { DenoAcceptor } from "./acceptor.ts";
import { fromDenoAddress } from "./address.ts";
import { type DenoStreamConn, openConnection, type OpenListener, openListener } from "./calls.ts";
import { DENO_CAPABILITIES } from "./capabilities.ts";
import { DenoConnection } from "./connection.ts";

/**
 * TCP_NODELAY is on unless it is turned off: a relay passes on what it has, and would otherwise wait for an
 * acknowledgement before each small piece.
 */
const RULES: OptionRules = {
  capabilities: DENO_CAPABILITIES,
  defaults: { TCP_NODELAY: 1, SO_REUSEADDR: 1 },
  alwaysOn: ["SO_REUSEADDR"],
  early: ["SO_REUSEPORT"],
  madeBy: "listen",
};

/** Deno listens on local sockets with this backlog whatever is asked for. */
const LOCAL_BACKLOG = 1024;

/** A stream on Deno that neither listens nor connects. */
export class DenoStreamTransport implements StreamTransport {
  readonly kind = "open";
  readonly local = null;
  readonly options: SocketOptions;
  readonly #endpoint: Endpoint;
  readonly #host: SocketHost;

  constructor(endpoint: Endpoint, host: SocketHost) {
    this.#endpoint = endpoint;
    this.#host = host;
    this.options = new SocketOptions(socketKind(endpoint), RULES);
  }

  bind(): Bound {
    return "deferred";
  }

  listen(asked: ListenOptions): StreamListening {
    const address = asked.bound ?? wildcardOf(this.#endpoint);
    const { backlog, path } = asked;
    const reusePort = this.options.isOn("SO_REUSEPORT");
    const opened = openListener(address, { backlog, reusePort, mode: path?.mode ?? null });
    const local = opened.isLinked ? address : withZoneOf(address, fromDenoAddress(opened.listener.addr));
    return new DenoListening({ host: this.#host, options: this.options, local, ...opened, ...asked });
  }

  connect(address: SocketAddress, { bound, events }: ConnectOptions): StreamAttempt {
    if (bound === null || isUnspecific(bound)) return new DenoAttempt(this.#host, { address, events, of: this });
    const action = `Cannot connect to ${sockaddr.format(address)} from ${sockaddr.format(bound)}`;
    throw new NetgraphError("EOPNOTSUPP", `${action}: Deno cannot bind before connect, runtime "posix" can`);
  }

  close(): null {
    return null;
  }
}

/** What a listener is made of. */
interface ListeningParts extends OpenListener, Pick<ListenOptions, "backlog" | "path" | "events"> {
  readonly host: SocketHost;
  readonly options: SocketOptions;
  readonly local: SocketAddress;
}

/** A listener on Deno. */
class DenoListening implements StreamListening {
  readonly kind = "listening";
  readonly local: SocketAddress;
  readonly options: SocketOptions;
  backlogNote: string | null = null;
  readonly #parts: ListeningParts;
  readonly #acceptor: DenoAcceptor<DenoStreamConn>;
  readonly #backlog: number;

  constructor(parts: ListeningParts) {
    this.#parts = parts;
    this.local = parts.local;
    this.options = parts.options;
    this.#backlog = this.#isLocal ? LOCAL_BACKLOG : parts.backlog;
    this.setBacklog(parts.backlog);
    this.#acceptor = new DenoAcceptor<DenoStreamConn>(() => parts.listener.accept(), parts.host.clock, {
      accepted: (conn) => this.#accepted(conn, parts.events),
      paused: (error) => parts.events.acceptFailed(error),
      failed: (error) => parts.events.failed(error),
    });
  }

  /** Deno takes the number once, when the listener opens, and for local sockets not at all. */
  setBacklog(backlog: number): void {
    const reason = this.#isLocal ? "does not set it on local sockets" : "cannot change it while it listens";
    this.backlogNote = backlog === this.#backlog
      ? null
      : `its backlog is ${this.#backlog} and not ${backlog}: Deno ${reason}`;
  }

  accept(): void {
    this.#acceptor.want();
  }

  /** Deno 2.9.6 removes whatever is at the path, and where an accept is pending only when that has ended. */
  close(): Promise<void> {
    const { path, isLinked, listener } = this.#parts;
    const close = (): Promise<void> => {
      this.#acceptor.stop();
      listener.close();
      return this.#acceptor.idle();
    };
    if (isLinked) path?.remove();
    return path === null || isLinked ? close() : path.closeBy(close);
  }

  get #isLocal(): boolean {
    return this.local.family === "local";
  }

  #accepted(conn: DenoStreamConn, events: ListenEvents): void {
    const { pool } = this.#parts.host;
    events.accepted(new DenoConnection(conn, { pool, options: this.options.inherited(), target: null }));
  }
}

/** A connect under way on Deno. */
class DenoAttempt implements StreamAttempt {
  readonly #abort = new AbortController();
  readonly #settled: Promise<void>;
  #isClosed = false;

  constructor(
    host: SocketHost,
    options: { address: SocketAddress; events: ConnectEvents; of: DenoStreamTransport },
  ) {
    this.#settled = this.#connect(host, options);
  }

  cancel(): void {
    this.#abort.abort();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#abort.abort();
    return this.#settled;
  }

  async #connect(
    { pool }: SocketHost,
    { address, events, of }: { address: SocketAddress; events: ConnectEvents; of: DenoStreamTransport },
  ): Promise<void> {
    const { signal } = this.#abort;
    let conn: DenoStreamConn;
    try {
      conn = await openConnection(address, signal);
    } catch (error) {
      if (this.#isClosed) return;
      if (signal.aborted) return events.connectCanceled();
      return events.connectFailed(systemError(error, `Cannot connect to ${sockaddr.format(address)}`));
    }
    if (signal.aborted) {
      conn.close();
      if (!this.#isClosed) events.connectCanceled();
      return;
    }
    events.connected(new DenoConnection(conn, { pool, options: of.options, target: address }));
  }
}
