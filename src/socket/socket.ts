/**
 * The contract between a socket and its owner, which every runtime implements.
 *
 * A socket pushes: it calls its owner with the data that it reads, the connections that it accepts and the error that
 * closes it. This fits both promise-driven and readiness-driven runtimes. The owner pushes back by returning `false`,
 * and calls `resume()` when it can accept more. A socket calls its owner only on its own turn of the event loop, never
 * from within a call that the owner makes, except where a method says so.
 *
 * @module
 */

import type { NetgraphError } from "../errors.ts";
import type { SocketAddress } from "./address.ts";
import type { Capabilities } from "./capability.ts";
import type { Endpoint } from "./endpoint.ts";
import type { SocketOption } from "./option.ts";
import type { FileStreams } from "./file_stream.ts";
import type { Octets } from "./octets.ts";
import type { Programs } from "./program.ts";
import type { Via } from "./via.ts";
import type { TlsOptions, TlsSessionInfo, TlsState } from "./tls.ts";

export type { Octets } from "./octets.ts";

/**
 * Receives bytes that precede TLS: null if more must arrive; otherwise the number of bytes of this piece that precede it.
 *
 * The handshake begins with `secured`, perhaps from within this call.
 */
export type TakeBeforeTls = (octets: Octets) => number | null;

/** The owner of a socket. */
export interface SocketOwner {
  /**
   * Bytes have arrived: a piece of a stream or one datagram.
   *
   * @param from the sender of the datagram; null on a stream and on a connected socket
   * @returns nothing if accepted; false if accepted and the owner is now full: no more data follows until `resume()`
   */
  arrived(octets: Octets, from: SocketAddress | null): void | false;
  /** The peer of a stream has ended its direction. Called once, after all its data. */
  ended(): void;
  /** After a `send` that returned false, the next one can follow. */
  drained(): void;
  /**
   * A connection was accepted. The owner becomes the child's owner by setting `child.owner` before it returns; the
   * child reads nothing until its `resume()`.
   */
  accepted(child: Socket): void;
  /** The socket has failed and releases everything; no call follows. Not called after `close` or `abort`. */
  failed(error: NetgraphError): void;
  /** Accepting is paused (EMFILE and similar errors) and resumes automatically. */
  acceptFailed(error: NetgraphError): void;
  /**
   * The socket to which the owner would send all bytes of this stream as they are: a runtime may pass them there
   * without `arrived`, in the same order, and reports that by `passed`. It asks before each step. Null, or absent: all
   * bytes must arrive.
   */
  directTarget?(): Socket | null;
  /**
   * Bytes have passed to the socket that `directTarget` just returned, as if they had arrived and had been sent.
   *
   * @param isFull that socket is full now: its owner's `drained` follows
   * @returns as `arrived`
   */
  passed?(bytes: number, isFull: boolean): void | false;
}

/** The result of `bind`: `deferred` if the runtime binds together with `listen` or `connect`. */
export type Bound = "done" | "deferred";

/**
 * An open socket. Methods that can fail immediately throw NetgraphError with the errno's name; the socket stays usable.
 */
export interface Socket {
  /** The endpoint that it was opened as. */
  readonly endpoint: Endpoint;
  /** Set by the code that opened or accepted it, before any event can occur. */
  owner: SocketOwner;
  /** Its own address, null while it has none; the requested one while a bind is deferred. */
  readonly local: SocketAddress | null;
  /** Its peer, null while not connected. */
  readonly peer: SocketAddress | null;
  /** The runtime's socket behind it, which sends all that it is given as it is; absent if it is the runtime's own. */
  readonly inner?: Socket;
  /** The address to which a proxy says that the client has connected; absent or null if no proxy names one. */
  readonly destination?: SocketAddress | null;
  /** Bytes that `send` accepted and the system has not. */
  readonly queuedBytes: number;
  /**
   * Bytes of a stream that the peer's system has acknowledged: a connection whose send buffer drains is not stalled.
   * Null or absent if the runtime cannot report it. Costs a system call.
   */
  readonly ackedBytes?: number | null;

  /**
   * Binds it to an address. A datagram socket is bound immediately; it reads nothing until `resume()`.
   *
   * @throws NetgraphError such as EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT; EINVAL if it is already bound
   */
  bind(address: SocketAddress): Bound;
  /**
   * Sets the permissions of its local path: immediately if the path exists, otherwise from its creation on.
   *
   * @param mode the permission bits
   * @throws NetgraphError with the errno's name
   */
  setPathMode(mode: number): void;
  /**
   * Starts to queue connections. Binds the wildcard if it is not bound.
   *
   * @throws NetgraphError as bind; EOPNOTSUPP on datagrams, EINVAL if it is connected
   */
  listen(backlog: number): void;
  /**
   * The difference between what the last `listen` requested and what the system does; null or absent if there is none.
   */
  readonly backlogNote?: string | null;
  /**
   * Requests exactly one connection, which is passed to `owner.accepted`, now (from within this call, if one waits
   * already and the runtime knows it) or later. Another call before that adds one.
   *
   * @throws NetgraphError EINVAL if it does not listen
   */
  accept(): void;
  /**
   * Sets bytes that a stream sends before all others, also before TLS, when it has connected; null: none. Absent where
   * the socket cannot connect.
   */
  setPreamble?(bytes: Uint8Array<ArrayBuffer> | null): void;
  /**
   * Connects, once, to a literal address; may be called again after it failed. Until `done` is called, `send` queues;
   * the queue is kept after a failure, for the next address.
   *
   * A datagram socket connects immediately (`done` is called from within); from then on it sends to that peer and
   * receives only from it. It can be connected again.
   *
   * @param done receives null on success
   * @throws NetgraphError EISCONN, EALREADY, EINVAL, EOPNOTSUPP (listening)
   */
  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void;
  /** Cancels a `connect` in progress: its `done` is called with ECANCELED, on a later turn. Otherwise does nothing. */
  cancelConnect(): void;
  /**
   * Accepts bytes to send. On a stream they follow earlier ones; a datagram is sent whole, to `to` or the peer. If the
   * system rejects them later, a stream calls `owner.failed`; a rejected datagram is counted in
   * {@linkcode Socket.sendErrors}.
   *
   * @returns nothing if accepted; false if accepted and the socket is now full: `owner.drained()` follows
   */
  send(octets: Octets, to: SocketAddress | null): void | false;
  /** Datagrams that the system rejected, by errno; a plain object, for display. */
  readonly sendErrors: ReadonlyMap<string, number>;
  /**
   * Datagrams that were dropped because the system or the runtime had no room. Null or absent if the runtime cannot
   * report it. Costs a system call.
   */
  readonly lostDatagrams?: number | null;
  /** The result of the handshake; null before that. Absent or null without TLS. */
  readonly tls?: TlsSessionInfo | null;
  /** The state of the TLS of a socket that has no connection yet, or listens. Absent or null without TLS. */
  readonly tlsState?: TlsState | null;
  /**
   * Configures the TLS of connections that come from now on: before `listen` or `connect`, and while it listens.
   *
   * @param changed is called when the files were read again, with success or not
   * @throws NetgraphError EOPNOTSUPP without TLS; if a file cannot be used: what was configured before stays
   */
  setTls?(options: TlsOptions, changed?: () => void): void;
  /** Calls `done` when the handshake of a connection that was accepted is complete. A failure fails the socket. */
  secured?(done: () => void): void;
  /**
   * Reads what precedes TLS: from within `accepted`. The handshake then begins with `secured`. Without effect if it has
   * no TLS, or the handshake has begun.
   */
  beforeTls?(take: TakeBeforeTls): void;
  /** Ends the stream's own direction after its queue; receiving continues. A second call does nothing. */
  shutdown(): void;
  /** Reads: at first, and after the owner returned false. A second call does nothing. */
  resume(): void;
  /**
   * Sets an option: now, or with the bind, listen or connect that makes the socket.
   *
   * @throws NetgraphError ENOPROTOOPT if the runtime cannot, EINVAL if it is too late
   */
  setOption(option: SocketOption): void;
  /**
   * Reads an option; `asked` has no value, the result has one.
   *
   * @throws NetgraphError ENOPROTOOPT
   */
  getOption(asked: SocketOption): SocketOption;
  /**
   * Closes it: no more calls to the owner; the queue is still sent (for at most {@linkcode LINGER_MS} if the peer does
   * not read).
   *
   * @param released is called on a later turn, when its address is free again
   */
  close(released?: () => void): void;
  /** Closes it immediately and drops the queue; the peer of a stream receives a reset if the runtime can send one. */
  abort(released?: () => void): void;
}

/** Opens sockets. */
export interface SocketRuntime {
  /** The capabilities of its sockets. */
  readonly capabilities: Capabilities;
  /**
   * Opens a socket, as socket(2) does. Its `owner` must be set before the next call.
   *
   * @param via of a stream: its `connect` is to a proxy, and is done when the proxy is through to the target
   * @throws NetgraphError EAFNOSUPPORT, EPROTOTYPE, EPROTONOSUPPORT, ENOTCAPABLE
   */
  open(endpoint: Endpoint, via?: Via | null): Socket;
  /**
   * Looks up a host name, in the system's order.
   *
   * @param done receives at least one address, or the failure (ENOTFOUND)
   */
  lookup(
    name: { family: "inet" | "inet6"; name: string; port: number },
    done: (result: readonly SocketAddress[] | NetgraphError) => void,
  ): void;
  /**
   * Prepares a bind to a local path: removes a socket that an ended process left there. A file that is not a socket is
   * kept.
   *
   * @param done receives null if the path is free now or does not have a socket; EADDRINUSE if a socket is bound to it
   */
  removeStale(path: string, done: (error: NetgraphError | null) => void): void;
  /** Opens files for nodes; absent if it cannot. */
  readonly files?: FileStreams;
  /** Starts programs; absent if it cannot. */
  readonly programs?: Programs;
  /** Closes every socket that is still open, and ends every program, and waits until the system has released them. */
  close(): Promise<void>;
}

/** How long `close` waits for a peer that does not read, in milliseconds. */
export const LINGER_MS = 5_000;
