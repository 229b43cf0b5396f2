/**
 * What a runtime has below the datagram sockets of the core. All rules of their phases, the errors and the calls to the
 * owner are in `datagram_socket.ts`.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Octets } from "../../socket/socket.ts";
import type { LocalPath } from "./local_path.ts";
import type { OptionStore } from "./stream_transport.ts";

/** A datagram socket of the runtime. */
export interface DatagramTransport {
  readonly options: OptionStore;
  /** Where the system gives it an address by itself: what it can do from the start. Null where binding makes that. */
  readonly port: DatagramPort | null;
  /** @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES … */
  bind(address: SocketAddress, path: LocalPath | null): DatagramPort;
  /** Lets binding make a path with such permission bits. Absent where `bind` itself does. */
  presetMode?(mode: number): void;
}

/** What sends and receives. */
export interface DatagramPort {
  /** It was bound, or has taken an address by itself that it keeps. */
  readonly isBound: boolean;
  /** Its own address; null while it has none. */
  readonly local: SocketAddress | null;
  /** Bytes that `send` took and the system has not. */
  readonly queuedBytes: number;
  /** Datagrams that the system refused, by errno. */
  readonly sendErrors: ReadonlyMap<string, number>;
  /** Datagrams that came and found no room; null or absent where the runtime cannot tell. */
  readonly lostDatagrams?: number | null;
  /** Connects; what is wrong, or null. Absent where only the socket remembers its peer. */
  connect?(address: SocketAddress): NetgraphError | null;
  /**
   * Takes a datagram; false when it is full now: `drained` follows.
   *
   * @param to where it goes; null: to the peer, by a runtime that connects
   * @param peer where it goes when `to` is null
   */
  send(octets: Octets, to: SocketAddress | null, peer: SocketAddress | null): void | false;
  /** Receives: at first, and after `arrived` answered false. Doing it twice does nothing. */
  resume(): void;
  /**
   * Receives no more, and sends what it can.
   *
   * @returns true where something is still to be sent: `flushed` follows on a later turn
   */
  finish(): boolean;
  /** Gives it back, without any further event; a promise where that takes time. */
  close(): Promise<void> | null;
}

/** What a datagram socket leads to. */
export interface DatagramEvents {
  /** A datagram has come, lent until it returns; false when nothing more may come until `resume`. */
  arrived(octets: Octets, from: SocketAddress | null): void | false;
  /** A `send` that answered false can be followed by the next one. */
  drained(): void;
  /** After `finish`: all that was queued is sent, or never can be. */
  flushed(): void;
  /** The socket is dead. */
  failed(error: NetgraphError): void;
}
