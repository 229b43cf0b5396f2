/**
 * Stream sockets over `Deno.listen` and `Deno.connect`: one object that becomes a listener or a connection, as a
 * socket of the system does.
 *
 * Deno makes the system's socket with the listen or connect, so a bind is remembered until then; a bind before a
 * connect is refused, because Deno cannot choose the source address. A write that meets a reset lets the reader
 * deliver first what came before it.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, Socket, SocketOwner } from "../../socket/socket.ts";
import { DenoAcceptor } from "./acceptor.ts";
import { addressText, fromDenoAddress } from "./address.ts";
import { checkFamily, isUnspecific, wildcardOf, withZoneOf } from "../endpoint_address.ts";
import { DenoStreamOptions } from "./stream_options.ts";
import { type DenoStreamConn, openConnection, openListener } from "./calls.ts";
import { DenoReader } from "./reader.ts";
import { DenoWriter } from "./writer.ts";
import { NO_OWNER } from "../no_owner.ts";
import {
  NO_SEND_ERRORS,
  notListening,
  requireConnection,
  requireNew,
  requireSending,
  sendingEnded,
} from "../stream_rules.ts";
import { BoundPath } from "../host/bound_path.ts";
import type { SocketHost } from "../host/host_sockets.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

interface Listening {
  readonly kind: "listening";
  readonly listener: Deno.Listener;
  readonly acceptor: DenoAcceptor<DenoStreamConn>;
  readonly path: BoundPath | null;
  /** The path is a link of ours, which Deno does not know. */
  readonly isLinked: boolean;
}

type State =
  | { readonly kind: "open" }
  | Listening
  | { readonly kind: "connecting"; readonly abort: AbortController; readonly settled: Promise<void> }
  | { readonly kind: "connected"; readonly conn: DenoStreamConn; readonly reader: DenoReader }
  | { readonly kind: "dead" };

/** What a write meets when the peer has reset the connection. */
const RESET_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EPIPE", "ECONNRESET", "ENOTCONN"]);

/** Deno listens on local sockets with this backlog whatever is asked for. */
const LOCAL_BACKLOG = 1024;

/** A stream socket on Deno. */
export class DenoStreamSocket implements Socket {
  readonly endpoint: Endpoint;
  readonly sendErrors: ReadonlyMap<string, number> = NO_SEND_ERRORS;
  owner: SocketOwner = NO_OWNER;
  readonly #host: SocketHost;
  readonly #writer: DenoWriter;
  readonly #options: DenoStreamOptions;
  #state: State = { kind: "open" };
  /** What it was bound to, or listens on. */
  #local: SocketAddress | null = null;
  #backlog: number | null = null;
  backlogNote: string | null = null;
  /** The connection, also when it has ended: it knows its addresses, for whoever asks. */
  #conn: DenoStreamConn | null = null;
  /** What it was connected to. */
  #target: SocketAddress | null = null;
  #reading = false;
  #pathMode: number | null = null;
  #reset: NetgraphError | null = null;

  constructor(endpoint: Endpoint, host: SocketHost, options = DenoStreamOptions.of(socketKind(endpoint))) {
    this.endpoint = endpoint;
    this.#host = host;
    this.#options = options;
    this.#writer = new DenoWriter(host.pool, {
      drained: () => this.#alive && this.owner.drained(),
      failed: (error) => this.#writeFailed(error),
    });
    host.registry.add(this);
  }

  get local(): SocketAddress | null {
    return this.#conn === null ? this.#local : fromDenoAddress(this.#conn.localAddr);
  }

  get peer(): SocketAddress | null {
    return this.#conn === null ? null : withZoneOf(this.#target, fromDenoAddress(this.#conn.remoteAddr));
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  get #alive(): boolean {
    return this.#state.kind !== "dead";
  }

  bind(address: SocketAddress): Bound {
    requireNew(this.#state.kind, "bind", `Cannot bind ${addressText(address)}`);
    if (this.#local !== null) {
      throw new NetgraphError("EINVAL", `Cannot bind ${addressText(address)}: bound to ${addressText(this.#local)}`);
    }
    checkFamily(this.endpoint, address);
    this.#local = address;
    return "deferred";
  }

  setPathMode(mode: number): void {
    this.#pathMode = mode;
    if (this.#state.kind === "listening") this.#state.path?.setMode(mode);
  }

  listen(backlog: number): void {
    if (this.#state.kind === "listening") return this.#noteBacklog(backlog);
    requireNew(this.#state.kind, "listen", "Cannot listen");
    const address = this.#local ?? wildcardOf(this.endpoint);
    const mode = this.#pathMode;
    const { listener, isLinked } = openListener(address, { backlog, reusePort: this.#options.reusePort, mode });
    const acceptor = new DenoAcceptor<DenoStreamConn>(() => listener.accept(), this.#host.clock, {
      accepted: (conn) => this.#accepted(conn),
      paused: (error) => this.owner.acceptFailed(error),
      failed: (error) => this.#fail(error),
    });
    this.#local = isLinked ? address : withZoneOf(address, fromDenoAddress(listener.addr));
    const path = BoundPath.of(this.#local, this.#host.paths);
    if (mode !== null) path?.setMode(mode);
    this.#noteBacklog(backlog);
    this.#state = { kind: "listening", listener, acceptor, path, isLinked };
    path?.watch((error) => this.#fail(error));
  }

  /** Deno takes the number once, when the listener opens, and for local sockets not at all. */
  #noteBacklog(backlog: number): void {
    this.#backlog ??= this.endpoint.family === "local" ? LOCAL_BACKLOG : backlog;
    this.backlogNote = backlog === this.#backlog
      ? null
      : `its backlog is ${this.#backlog} and not ${backlog}: Deno ${
        this.endpoint.family === "local" ? "does not set it on local sockets" : "cannot change it while it listens"
      }`;
  }

  accept(): void {
    if (this.#state.kind !== "listening") throw notListening();
    this.#state.acceptor.want();
  }

  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void {
    const action = `Cannot connect to ${addressText(address)}`;
    requireNew(this.#state.kind, "connect", action);
    checkFamily(this.endpoint, address);
    if (this.#local !== null && !isUnspecific(this.#local)) {
      const message = `${action} from ${
        addressText(this.#local)
      }: Deno cannot bind before connect, runtime "posix" can`;
      throw new NetgraphError("EOPNOTSUPP", message);
    }
    this.#target = address;
    const abort = new AbortController();
    const settled = this.#connect(address, { abort, action, done });
    this.#state = { kind: "connecting", abort, settled };
  }

  cancelConnect(): void {
    if (this.#state.kind === "connecting") this.#state.abort.abort();
  }

  send(octets: Octets, to: SocketAddress | null): void | false {
    requireSending(this.#state.kind, to);
    if (this.#writer.ending) throw sendingEnded();
    return this.#writer.send(octets);
  }

  shutdown(): void {
    requireConnection(this.#state.kind, "Cannot shut down");
    this.#writer.end();
  }

  resume(): void {
    this.#reading = true;
    if (this.#state.kind === "connected") this.#state.reader.resume();
  }

  setOption(option: SocketOption): void {
    const state = this.#state;
    if (state.kind === "dead") throw new NetgraphError("EBADF", "Cannot set an option: the socket is closed");
    this.#options.set(option, state.kind !== "open");
    if (state.kind === "connected") this.#writer.between(() => this.#options.renew(state.conn));
  }

  getOption(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  close(released?: () => void): void {
    const state = this.#state;
    if (state.kind !== "connected" || !this.#writer.busy) return this.abort(released);
    this.#state = { kind: "dead" };
    state.reader.stop();
    // A write that is in flight ends with the connection, and so does its wait.
    const giveUp = () => closeQuietly(state.conn);
    this.#host.registry.linger(this, { settled: this.#linger(state.conn, state.reader), giveUp }, released);
  }

  abort(released?: () => void): void {
    const state = this.#state;
    if (state.kind === "dead") return this.#host.registry.released(released);
    this.#state = { kind: "dead" };
    this.#writer.stop();
    this.#host.registry.remove(this, this.#release(state), released);
  }

  /** Becomes the connection that a listener took. */
  adopt(conn: DenoStreamConn): void {
    this.#connected(conn);
  }

  #accepted(conn: DenoStreamConn): void {
    const child = new DenoStreamSocket(this.endpoint, this.#host, this.#options.inherited());
    child.adopt(conn);
    this.owner.accepted(child);
    if (child.owner === NO_OWNER) child.abort();
  }

  async #connect(
    address: SocketAddress,
    options: { abort: AbortController; action: string; done: (error: NetgraphError | null) => void },
  ): Promise<void> {
    const { abort, action, done } = options;
    try {
      const conn = await openConnection(address, abort.signal);
      if (!this.#alive) return conn.close();
      if (abort.signal.aborted) {
        conn.close();
        throw new NetgraphError("ECANCELED", `${action}: it was given up`);
      }
      this.#connected(conn);
    } catch (error) {
      if (!this.#alive) return;
      this.#state = { kind: "open" };
      return done(
        abort.signal.aborted
          ? new NetgraphError("ECANCELED", `${action}: it was given up`)
          : systemError(error, action),
      );
    }
    done(null);
  }

  #connected(conn: DenoStreamConn): void {
    const reader = new DenoReader(conn, this.#host.pool, {
      receive: (octets) => this.owner.arrived(octets, null),
      ended: () => this.#reset === null ? this.owner.ended() : this.#fail(this.#reset),
      failed: (error) => this.#fail(this.#reset ?? systemError(error, "Cannot read")),
    });
    this.#state = { kind: "connected", conn, reader };
    this.#conn = conn;
    this.#options.apply(conn);
    this.#writer.start(conn);
    if (this.#reading) reader.resume();
  }

  #writeFailed(error: unknown): void {
    if (this.#state.kind !== "connected") return;
    if (!RESET_CODES.has(systemErrorCode(error))) return this.#fail(systemError(error, "Cannot write"));
    const message = "Cannot write: connection was reset by the peer";
    this.#reset = new NetgraphError("ECONNRESET", message, { cause: error });
    if (!this.#state.reader.active) this.#fail(this.#reset);
  }

  #fail(error: NetgraphError): void {
    if (!this.#alive) return;
    this.abort();
    this.owner.failed(error);
  }

  async #linger(conn: DenoStreamConn, reader: DenoReader): Promise<void> {
    await this.#writer.idle();
    closeQuietly(conn);
    if (reader.active) await reader.idle();
  }

  /** Gives everything back to the system; null when nothing is left to wait for. */
  #release(state: State): Promise<void> | null {
    switch (state.kind) {
      case "listening":
        return endListening(state);
      case "connecting":
        state.abort.abort();
        return state.settled;
      case "connected":
        state.reader.stop();
        closeQuietly(state.conn);
        return this.#writer.busy || state.reader.active ? this.#settle(state.reader) : null;
      case "open":
      case "dead":
        return null;
    }
  }

  async #settle(reader: DenoReader): Promise<void> {
    await this.#writer.idle();
    await reader.idle();
  }
}

/** Deno 2.9.6 removes whatever is at the path, and where an accept is pending only when that has ended. */
function endListening({ listener, acceptor, path, isLinked }: Listening): Promise<void> {
  const close = (): Promise<void> => {
    acceptor.stop();
    listener.close();
    return acceptor.idle();
  };
  if (isLinked) path?.remove();
  return path === null || isLinked ? close() : path.closeBy(close);
}

/** Closing twice is no failure: the linger timer and the end of writing may both come. */
function closeQuietly(conn: DenoStreamConn): void {
  try {
    conn.close();
  } catch (error) {
    if (systemErrorCode(error) !== "EBADF") throw error;
  }
}
