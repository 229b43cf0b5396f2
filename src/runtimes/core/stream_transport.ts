/**
 * The part of a stream socket that is specific to a runtime: one object for each phase of a socket's life. All rules of
 * the phases, their errors and the calls to the owner are in `stream_socket.ts`.
 *
 * ```text
 * StreamTransport ── listen ──▶ StreamListening ── accepted ──▶ StreamConnection (of another socket)
 *        └─────── connect ──▶ StreamAttempt ── connected ──▶ StreamConnection
 * ```
 *
 * `close` of each releases the resources of the system, without any further event, and returns a promise where that
 * takes time.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets, TakeBeforeTls } from "../../socket/socket.ts";
import type { TlsOptions, TlsSessionInfo, TlsState } from "../../socket/tls.ts";
import type { LocalPath } from "./local_path.ts";

/** The options of one socket. */
export interface OptionStore {
  /**
   * Sets an option.
   *
   * @param made true if the system's socket exists: it listens, connects, or is bound
   * @throws NetgraphError ENOPROTOOPT if the runtime cannot, EINVAL if it is too late
   */
  set(option: SocketOption, made: boolean): void;
  /**
   * Reads an option.
   *
   * @throws NetgraphError ENOPROTOOPT
   */
  get(asked: SocketOption): SocketOption;
}

/** The TLS of a socket that does not carry data. Absent without TLS. */
export interface TlsConfigurable {
  /** The state of its TLS; null before it is configured. */
  readonly tlsState?: TlsState | null;
  /** Configures later connections. */
  setTls?(options: TlsOptions, changed?: () => void): void;
}

/** A new stream, which neither listens nor connects. */
export interface StreamTransport extends TlsConfigurable {
  readonly kind: "open";
  /** Its own address; null while it has none, or while its bind is deferred. */
  readonly local: SocketAddress | null;
  readonly options: OptionStore;
  /**
   * Binds, or defers it to `listen` and `connect`.
   *
   * @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES …
   */
  bind(address: SocketAddress): Bound;
  /** Sets the permission bits of the path that binding creates. Absent where `bind` itself does. */
  presetMode?(mode: number): void;
  /** @throws NetgraphError as bind */
  listen(options: ListenOptions): StreamListening;
  /** @throws NetgraphError EOPNOTSUPP if the runtime cannot connect from there, EAFNOSUPPORT … */
  connect(address: SocketAddress, options: ConnectOptions): StreamAttempt;
  close(): Promise<void> | null;
}

/** The parameters of listening. */
export interface ListenOptions {
  /** The address that it was bound to; null: none in particular. */
  readonly bound: SocketAddress | null;
  readonly backlog: number;
  /** The file to remove with the listener, before the host does or by it; null if there is no file. */
  readonly path: LocalPath | null;
  readonly events: ListenEvents;
}

/** The parameters of connecting. */
export interface ConnectOptions {
  /** The address that it was bound to; null: none in particular. */
  readonly bound: SocketAddress | null;
  readonly events: ConnectEvents;
  /** The bytes that a layer sends below itself before anything else; null: none. A socket without a layer sends them. */
  readonly preamble: Uint8Array<ArrayBuffer> | null;
}

/** The events of a listener. */
export interface ListenEvents {
  /** A requested connection was accepted. */
  accepted(connection: StreamConnection): void;
  /** Accepting is paused and resumes automatically. */
  acceptFailed(error: NetgraphError): void;
  /** The listener is closed because of an error. */
  failed(error: NetgraphError): void;
}

/** A stream that listens. */
export interface StreamListening extends TlsConfigurable {
  readonly kind: "listening";
  readonly local: SocketAddress | null;
  readonly options: OptionStore;
  /**
   * The difference between the backlog that was requested last and what the system does; null or absent if there is
   * none.
   */
  readonly backlogNote?: string | null;
  /** Changes how many connections may wait, as far as the runtime can. */
  setBacklog(backlog: number): void;
  /** Requests one more connection. */
  accept(): void;
  close(): Promise<void> | null;
}

/** The results of connecting: one of these is called, once, on a later turn. */
export interface ConnectEvents {
  connected(connection: StreamConnection): void;
  connectFailed(error: NetgraphError): void;
  /** The attempt was canceled. */
  connectCanceled(): void;
}

/** A connect that is in progress. */
export interface StreamAttempt {
  /** Cancels the attempt: `connectCanceled` follows. */
  cancel(): void;
  close(): Promise<void> | null;
}

/** The part below the owner of a stream: the connection of the transport, or a layer on it. */
export interface StreamLower {
  /** The receiver of the events; set before any event can occur. */
  upper: StreamUpper;
  /** Bytes that `send` accepted and the system has not. */
  readonly queuedBytes: number;
  /** Accepts bytes; false when it is now full: `drained` follows. */
  send(octets: Octets): void | false;
  /** Ends the own direction after the queue. Called once; no `send` follows. */
  end(): void;
  /** Reads: at first, and after `arrived` returned false. A second call does nothing. */
  resume(): void;
  /**
   * Nothing more is to be read, and no `send` follows.
   *
   * @returns true if data is still to be sent: `flushed` follows on a later turn
   */
  finish(): boolean;
}

/** The part above a connection: the socket, or a layer. */
export interface StreamUpper {
  /** Bytes have arrived, lent until the call returns; false when nothing more may arrive until `resume`. */
  arrived(octets: Octets): void | false;
  /** The peer has ended its direction. Called once, after all its data. */
  ended(): void;
  /** After a `send` that returned false, the next one can follow. */
  drained(): void;
  /** After `finish`: everything that was queued is sent, or cannot be sent. */
  flushed(): void;
  /** The connection is closed because of an error. */
  failed(error: NetgraphError): void;
  /** As of the socket's owner; absent if all bytes must arrive here. */
  directTarget?(): StreamLower | null;
  /** As of the socket's owner. */
  passed?(bytes: number, isFull: boolean): void | false;
}

/** A connection of the transport. */
export interface StreamConnection extends StreamLower {
  readonly kind: "connected";
  readonly local: SocketAddress | null;
  readonly peer: SocketAddress | null;
  readonly options: OptionStore;
  /** Bytes that the peer's system has acknowledged; null or absent if the runtime cannot report them. */
  readonly ackedBytes?: number | null;
  /** The result of the handshake; null before that. Absent without TLS. */
  readonly tls?: TlsSessionInfo | null;
  /** Calls `done` once the handshake is complete. Absent without TLS. */
  secured?(done: () => void): void;
  /** Reads what precedes TLS. Absent without TLS. */
  beforeTls?(take: TakeBeforeTls): void;
  /** Sets an option, which was just recorded, on the open connection. Absent where recording it has that effect. */
  applyOption?(option: SocketOption): void;
  close(how: Ending): Promise<void> | null;
}

/**
 * The end of a connection.
 *
 * - `closed`: its owner has finished, and sent data reaches the peer
 * - `aborted`: the peer receives a reset, if the runtime can do that
 * - `failed`: the connection is closed already because of an error
 */
export type Ending = "closed" | "aborted" | "failed";
