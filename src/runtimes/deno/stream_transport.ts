/**
 * Streams over `Deno.listen` and `Deno.connect`. A bind before a connect is rejected, because Deno cannot choose the
 * source address.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { isUnspecific, wildcardOf, withZoneOf } from "../core/endpoint_address.ts";
import type { SocketOptions } from "../core/socket_options.ts";
import type { ConnectOptions, ListenOptions, StreamAttempt, StreamListening } from "../core/stream_transport.ts";
import { type HostStream, type HostStreams, STREAM_DEFAULTS } from "../host/host_stream.ts";
import { systemError } from "../system_error.ts";
import { DenoAcceptor } from "./acceptor.ts";
import { fromDenoAddress } from "./address.ts";
import { type DenoStreamConn, openConnection, type OpenListener, openListener } from "./calls.ts";
import { DENO_CAPABILITIES } from "./capabilities.ts";
import { DenoConnection } from "./connection.ts";

/** Deno always listens on local sockets with this backlog. */
const LOCAL_BACKLOG = 1024;

/** Streams of Deno. */
export const denoStreams: HostStreams = {
  rules: {
    capabilities: DENO_CAPABILITIES,
    defaults: STREAM_DEFAULTS,
    alwaysOn: ["SO_REUSEADDR"],
    early: ["SO_REUSEPORT"],
    madeBy: "listen",
  },
  listen(stream, asked) {
    const address = asked.bound ?? wildcardOf(stream.endpoint);
    const { backlog, path } = asked;
    const reusePort = stream.options.isOn("SO_REUSEPORT");
    const opened = openListener(address, { backlog, reusePort, mode: path?.mode ?? null });
    const local = opened.isLinked ? address : withZoneOf(address, fromDenoAddress(opened.listener.addr));
    return new DenoListening({ stream, local, ...opened, ...asked });
  },
  connect(stream, address, { bound, events }) {
    if (bound === null || isUnspecific(bound)) return new DenoAttempt(stream, { address, events });
    const action = `Cannot connect to ${sockaddr.format(address)} from ${sockaddr.format(bound)}`;
    throw new NetgraphError("EOPNOTSUPP", `${action}: Deno cannot bind before connect, runtime "posix" can`);
  },
};

/** The parts of a listener. */
interface ListeningParts extends OpenListener, Pick<ListenOptions, "backlog" | "path" | "events"> {
  readonly stream: HostStream;
  readonly local: SocketAddress;
}

/** A listener on Deno. */
class DenoListening implements StreamListening {
  readonly kind = "listening";
  backlogNote: string | null = null;
  readonly #parts: ListeningParts;
  readonly #acceptor: DenoAcceptor<DenoStreamConn>;
  readonly #backlog: number;

  constructor(parts: ListeningParts) {
    this.#parts = parts;
    this.#backlog = this.#isLocal ? LOCAL_BACKLOG : parts.backlog;
    this.setBacklog(parts.backlog);
    this.#acceptor = new DenoAcceptor<DenoStreamConn>(() => parts.listener.accept(), parts.stream.host, {
      accepted: (conn) => this.#accepted(conn),
      paused: (error) => parts.events.acceptFailed(error),
      failed: (error) => parts.events.failed(error),
    });
  }

  get local(): SocketAddress {
    return this.#parts.local;
  }

  get options(): SocketOptions {
    return this.#parts.stream.options;
  }

  /** Deno sets the backlog once, when the listener opens, and not at all for local sockets. */
  setBacklog(backlog: number): void {
    const reason = this.#isLocal ? "does not set it on local sockets" : "cannot change it while it listens";
    this.backlogNote = backlog === this.#backlog
      ? null
      : `its backlog is ${this.#backlog} and not ${backlog}: Deno ${reason}`;
  }

  accept(): void {
    this.#acceptor.want();
  }

  /** Deno 2.9.6 removes any file at the path, and if an accept is pending, only after it has ended. */
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

  #accepted(conn: DenoStreamConn): void {
    const { stream, events } = this.#parts;
    const { pool } = stream.host;
    events.accepted(new DenoConnection(conn, { pool, options: this.options.inherited(), target: null }));
  }
}

/** The address to connect to, and the receiver of the result. */
interface Attempted extends Pick<ConnectOptions, "events"> {
  readonly address: SocketAddress;
}

/** A connect in progress on Deno. */
class DenoAttempt implements StreamAttempt {
  readonly #abort = new AbortController();
  readonly #settled: Promise<void>;
  #isClosed = false;

  constructor(stream: HostStream, options: Attempted) {
    this.#settled = this.#connect(stream, options);
  }

  cancel(): void {
    this.#abort.abort();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#abort.abort();
    return this.#settled;
  }

  async #connect({ host, options }: HostStream, { address, events }: Attempted): Promise<void> {
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
    events.connected(new DenoConnection(conn, { pool: host.pool, options, target: address }));
  }
}
