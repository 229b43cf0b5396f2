/**
 * The part of a datagram socket that is specific to a runtime. All rules of the phases, the errors and the calls to the
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
  /** What it can do from the start, where the system assigns an address on opening. Null where binding creates it. */
  readonly port: DatagramPort | null;
  /** @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES … */
  bind(address: SocketAddress, path: LocalPath | null): DatagramPort;
  /** Sets the permission bits of the path that binding creates. Absent where `bind` itself does. */
  presetMode?(mode: number): void;
}

/** Sends and receives. */
export interface DatagramPort {
  /** It was bound, or has been assigned an address that it keeps. */
  readonly isBound: boolean;
  /** Its own address; null while it has none. */
  readonly local: SocketAddress | null;
  /** Bytes that `send` accepted and the system has not. */
  readonly queuedBytes: number;
  /** Datagrams that the system rejected, by errno. */
  readonly sendErrors: ReadonlyMap<string, number>;
  /**
   * Datagrams that were dropped because there was no room for them; null or absent if the runtime cannot report
   * that.
   */
  readonly lostDatagrams?: number | null;
  /** Connects; returns the error, or null. Absent where only the socket remembers its peer. */
  connect?(address: SocketAddress): NetgraphError | null;
  /**
   * Accepts a datagram; false when it is now full: `drained` follows.
   *
   * @param to the destination; null: to the peer, by a runtime that connects
   * @param peer the destination when `to` is null
   */
  send(octets: Octets, to: SocketAddress | null, peer: SocketAddress | null): void | false;
  /** Receives: at first, and after `arrived` answered false. A second call does nothing. */
  resume(): void;
  /**
   * Stops receiving, and sends what it can.
   *
   * @returns true if data is still to be sent: `flushed` follows on a later turn
   */
  finish(): boolean;
  /** Closes it without any further event; returns a promise where that takes time. */
  close(): Promise<void> | null;
}

/** The events of a datagram socket. */
export interface DatagramEvents {
  /** A datagram has arrived, lent until the call returns; false when nothing more may come until `resume`. */
  arrived(octets: Octets, from: SocketAddress | null): void | false;
  /** After a `send` that returned false, the next one can follow. */
  drained(): void;
  /** After `finish`: everything that was queued is sent, or cannot be sent. */
  flushed(): void;
  /** The socket is closed because of an error. */
  failed(error: NetgraphError): void;
}
