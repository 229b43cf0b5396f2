/**
 * The contract between a socket and its owner, of which every runtime is an implementation.
 *
 * A socket pushes: what it reads, whom it accepts and how it ends reach the owner by calls, so that promise-driven and
 * readiness-driven runtimes serve alike. The owner pushes back by answering `false`, and says `resume()` when it can
 * take more. A socket calls its owner only on a turn of its own, never from within a call that the owner makes, except
 * where a method says so.
 *
 * @module
 */

import type { SharedBuffer } from "../buffer.ts";
import type { NetgraphError } from "../errors.ts";
import type { SocketAddress } from "./address.ts";
import type { Capabilities } from "./capability.ts";
import type { Endpoint } from "./endpoint.ts";
import type { SocketOption } from "./option.ts";

/** Octets in a buffer that is lent to the callee until it returns; who needs them longer retains the buffer or copies. */
export interface Octets {
  /** Where they are. */
  readonly buffer: SharedBuffer;
  /** Where they begin in `buffer.bytes`. */
  readonly offset: number;
  /** How many; 0 is an empty datagram. */
  readonly length: number;
}

/** Who has a socket. */
export interface SocketOwner {
  /**
   * Octets have come: a piece of a stream or one datagram.
   *
   * @param from who sent the datagram; null on a stream and on a connected socket
   * @returns nothing when taken; false when taken and the owner is now full: nothing more comes until `resume()`
   */
  arrived(octets: Octets, from: SocketAddress | null): void | false;
  /** The peer of a stream has ended its direction. Comes once, behind all its data. */
  ended(): void;
  /** A `send` that answered false can be followed by the next one. */
  drained(): void;
  /**
   * A connection was taken. The owner becomes the child's owner by setting `child.owner` before it returns; the child
   * reads nothing until its `resume()`.
   */
  accepted(child: Socket): void;
  /** The socket has died and holds nothing any more; no call follows. Not called after `close` or `abort`. */
  failed(error: NetgraphError): void;
  /** Accepting is paused (EMFILE and its kin) and goes on by itself. */
  acceptFailed(error: NetgraphError): void;
}

/** How `bind` went: `deferred` where the runtime binds together with `listen` or `connect`. */
export type Bound = "done" | "deferred";

/** An open socket. Methods that can fail at once throw NetgraphError with the errno's name; the socket survives that. */
export interface Socket {
  /** What it was opened as. */
  readonly endpoint: Endpoint;
  /** Set by whoever made or accepted it, before anything can come. */
  owner: SocketOwner;
  /** Its own address, null while it has none; what was asked for while a bind is deferred. */
  readonly local: SocketAddress | null;
  /** Its peer, null while not connected. */
  readonly peer: SocketAddress | null;
  /** Octets that `send` took and the system has not. */
  readonly queuedBytes: number;
  /**
   * Bytes of a stream that the peer's system has acknowledged: what moves out of the system's send buffer is no standstill.
   * Null or absent where the runtime cannot tell. Costs a system call.
   */
  readonly ackedBytes?: number | null;

  /**
   * Gives it an address. A datagram socket is bound at once; it reads nothing until `resume()`.
   *
   * @throws NetgraphError such as EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT; EINVAL when bound already
   */
  bind(address: SocketAddress): Bound;
  /**
   * Says who may connect to its local path: at once where it has one, otherwise from the moment that the path is there.
   *
   * @param mode the permission bits
   * @throws NetgraphError with the errno's name
   */
  setPathMode(mode: number): void;
  /**
   * Lets connections queue up. Binds the wildcard where no bind came before.
   *
   * @throws NetgraphError as bind; EOPNOTSUPP on datagrams, EINVAL when connected
   */
  listen(backlog: number): void;
  /** What the system does instead of what the last `listen` asked for; null or absent where it does just that. */
  readonly backlogNote?: string | null;
  /**
   * Asks for exactly one connection, which comes as `owner.accepted`, now (from within this call, where one waits
   * already and the runtime knows) or later. Asking again before it came adds one.
   *
   * @throws NetgraphError EINVAL when not listening
   */
  accept(): void;
  /**
   * Connects, once, to a literal address; may be called again after it failed. Until `done` is called, `send` queues;
   * what is queued outlives a failure, so that the next address can be tried.
   *
   * A datagram socket is done at once (`done` is called from within) and from then on sends there and takes only what
   * comes from there; it may be connected anew.
   *
   * @param done gets null on success
   * @throws NetgraphError EISCONN, EALREADY, EINVAL, EOPNOTSUPP (listening)
   */
  connect(address: SocketAddress, done: (error: NetgraphError | null) => void): void;
  /** Gives up a `connect` under way: its `done` is called with ECANCELED, on a later turn. Else does nothing. */
  cancelConnect(): void;
  /**
   * Takes octets to send. On a stream they follow what was taken before; a datagram is sent whole, to `to` or the peer.
   * What the system refuses later on a stream is `owner.failed`; a datagram that is refused is counted in
   * {@linkcode Socket.sendErrors}.
   *
   * @returns nothing when taken; false when taken and the socket is now full: `owner.drained()` follows
   */
  send(octets: Octets, to: SocketAddress | null): void | false;
  /** Datagrams that the system refused, by errno; plain numbers for whoever shows them. */
  readonly sendErrors: ReadonlyMap<string, number>;
  /**
   * Datagrams that have come and that the system, or the runtime, had no room for. Null or absent where the runtime cannot
   * tell. Costs a system call.
   */
  readonly lostDatagrams?: number | null;
  /** Ends the stream's own direction behind what is queued; receiving goes on. Doing it twice does nothing. */
  shutdown(): void;
  /** Reads on: at first, and after the owner answered false. Doing it twice does nothing. */
  resume(): void;
  /**
   * Sets an option: now, or with the bind, listen or connect that makes the socket.
   *
   * @throws NetgraphError ENOPROTOOPT where the runtime cannot, EINVAL where it is too late
   */
  setOption(option: SocketOption): void;
  /**
   * Reads an option; `asked` has no value, the answer has.
   *
   * @throws NetgraphError ENOPROTOOPT
   */
  getOption(asked: SocketOption): SocketOption;
  /**
   * Ends it: no more calls to the owner, what is queued still goes out (a stalled peer gets {@linkcode LINGER_MS}).
   *
   * @param released is called on a later turn, when its address is free for the next bind
   */
  close(released?: () => void): void;
  /** Ends it at once and drops what is queued; the peer of a stream sees a reset where the runtime can do that. */
  abort(released?: () => void): void;
}

/** Where sockets come from. */
export interface SocketRuntime {
  /** What its sockets can do. */
  readonly capabilities: Capabilities;
  /**
   * Opens a socket, as socket(2) does. Its `owner` must be set before the next call.
   *
   * @throws NetgraphError EAFNOSUPPORT, EPROTOTYPE, EPROTONOSUPPORT, ENOTCAPABLE
   */
  open(endpoint: Endpoint): Socket;
  /**
   * Looks a host name up, in the system's order.
   *
   * @param done gets at least one address, or the failure (ENOTFOUND)
   */
  lookup(
    name: { family: "inet" | "inet6"; name: string; port: number },
    done: (result: readonly SocketAddress[] | NetgraphError) => void,
  ): void;
  /**
   * Makes way for a bind to a local path: removes a socket there that its process left behind. What is no socket stays.
   *
   * @param done gets null when the path is free now or holds no socket; EADDRINUSE when a socket is bound to it
   */
  removeStale(path: string, done: (error: NetgraphError | null) => void): void;
  /** Ends every socket that is still open and waits until the system has taken them back. */
  close(): Promise<void>;
}

/** How long `close` waits for a peer that takes nothing, in milliseconds. */
export const LINGER_MS = 5_000;
