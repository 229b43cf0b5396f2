/**
 * What a runtime has below the stream sockets of the core: one object for each phase of a socket's life. All rules of
 * the phases, their errors and the calls to the owner are in `stream_socket.ts`.
 *
 * ```text
 * StreamTransport ── listen ──▶ StreamListening ── accepted ──▶ StreamConnection (of another socket)
 *        └─────── connect ──▶ StreamAttempt ── connected ──▶ StreamConnection
 * ```
 *
 * `close` of each gives back what the system has of it, without any further event, and returns a promise where that
 * takes time.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets } from "../../socket/socket.ts";
import type { LocalPath } from "./local_path.ts";

/** The options of one socket. */
export interface OptionStore {
  /**
   * Sets an option.
   *
   * @param made true where the system's socket exists: it listens, connects, or is bound
   * @throws NetgraphError ENOPROTOOPT where the runtime cannot, EINVAL where it is too late
   */
  set(option: SocketOption, made: boolean): void;
  /**
   * Reads an option.
   *
   * @throws NetgraphError ENOPROTOOPT
   */
  get(asked: SocketOption): SocketOption;
}

/** A stream that was opened, and neither listens nor connects. */
export interface StreamTransport {
  readonly kind: "open";
  /** Its own address; null while it has none, or while its bind is deferred. */
  readonly local: SocketAddress | null;
  readonly options: OptionStore;
  /**
   * Binds, or leaves it to `listen` and `connect`.
   *
   * @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES …
   */
  bind(address: SocketAddress): Bound;
  /** Lets binding make a path with such permission bits. Absent where `bind` itself does. */
  presetMode?(mode: number): void;
  /** @throws NetgraphError as bind */
  listen(options: ListenOptions): StreamListening;
  /** @throws NetgraphError EOPNOTSUPP where the runtime cannot connect from there, EAFNOSUPPORT … */
  connect(address: SocketAddress, options: ConnectOptions): StreamAttempt;
  close(): Promise<void> | null;
}

/** How to listen. */
export interface ListenOptions {
  /** What it was bound to; null: nothing in particular. */
  readonly bound: SocketAddress | null;
  readonly backlog: number;
  /** To be removed with the listener, before or by the host that does that; null where there is no file. */
  readonly path: LocalPath | null;
  readonly events: ListenEvents;
}

/** How to connect. */
export interface ConnectOptions {
  /** What it was bound to; null: nothing in particular. */
  readonly bound: SocketAddress | null;
  readonly events: ConnectEvents;
}

/** What listening leads to. */
export interface ListenEvents {
  /** A connection that was asked for was taken. */
  accepted(connection: StreamConnection): void;
  /** Accepting is paused and goes on by itself. */
  acceptFailed(error: NetgraphError): void;
  /** The listener is dead. */
  failed(error: NetgraphError): void;
}

/** A stream that listens. */
export interface StreamListening {
  readonly kind: "listening";
  readonly local: SocketAddress | null;
  readonly options: OptionStore;
  /** What the system does instead of what the last backlog asked for; null or absent where it does just that. */
  readonly backlogNote?: string | null;
  /** Changes how many connections may wait, as far as the runtime can. */
  setBacklog(backlog: number): void;
  /** Asks for one more connection. */
  accept(): void;
  close(): Promise<void> | null;
}

/** What connecting leads to: one of these is called, once, on a later turn. */
export interface ConnectEvents {
  connected(connection: StreamConnection): void;
  connectFailed(error: NetgraphError): void;
  /** It was given up. */
  connectCanceled(): void;
}

/** A connect that is under way. */
export interface StreamAttempt {
  /** Gives up: `connectCanceled` follows. */
  cancel(): void;
  close(): Promise<void> | null;
}

/** What is below an owner of a stream: the transport's connection, or a layer on it. */
export interface StreamLower {
  /** Who is told; set before anything can come. */
  upper: StreamUpper;
  /** Bytes that `send` took and the system has not. */
  readonly queuedBytes: number;
  /** Takes bytes; false when it is full now: `drained` follows. */
  send(octets: Octets): void | false;
  /** Ends the own direction behind what is queued. Called once; no `send` follows. */
  end(): void;
  /** Reads on: at first, and after `arrived` answered false. Doing it twice does nothing. */
  resume(): void;
  /**
   * Nothing is to be read any more, and no `send` follows.
   *
   * @returns true where something is still to be sent: `flushed` follows on a later turn
   */
  finish(): boolean;
}

/** What is above a connection: the socket, or a layer. */
export interface StreamUpper {
  /** Bytes have come, lent until it returns; false when nothing more may come until `resume`. */
  arrived(octets: Octets): void | false;
  /** The peer has ended its direction. Comes once, behind all its data. */
  ended(): void;
  /** A `send` that answered false can be followed by the next one. */
  drained(): void;
  /** After `finish`: all that was queued is sent, or never can be. */
  flushed(): void;
  /** The connection is dead. */
  failed(error: NetgraphError): void;
}

/** A connection of the transport. */
export interface StreamConnection extends StreamLower {
  readonly kind: "connected";
  readonly local: SocketAddress | null;
  readonly peer: SocketAddress | null;
  readonly options: OptionStore;
  /** Bytes that the peer's system has acknowledged; null or absent where the runtime cannot tell. */
  readonly ackedBytes?: number | null;
  /** Gives the living connection an option that was just set. Absent where setting it did that. */
  applyOption?(option: SocketOption): void;
  close(how: Ending): Promise<void> | null;
}

/**
 * How a connection ends.
 *
 * - `closed`: its owner is done, and what was sent reaches the peer
 * - `aborted`: the peer sees a reset, where the runtime can do that
 * - `failed`: the connection is dead already
 */
export type Ending = "closed" | "aborted" | "failed";
