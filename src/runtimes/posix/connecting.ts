/**
 * A connect that is in progress on one descriptor.
 *
 * TCP connects while we wait for its descriptor. A local socket connects or fails immediately: it is tried on a later
 * turn, so that it can be canceled before, and retried while the listener's backlog is full (EAGAIN, whose end epoll
 * does not report).
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { ConnectEvents, StreamAttempt } from "../core/stream_transport.ts";
import { PosixConnection } from "./connection.ts";
import type { StreamDescriptor } from "./descriptor.ts";
import { errnoError } from "./errno.ts";
import type { Watcher } from "./poller.ts";

/** The delay before a retry when the backlog is full, in milliseconds. */
const RETRY_MS = 10;

/** A connect in progress. */
export class PosixAttempt implements StreamAttempt, Watcher {
  readonly #of: StreamDescriptor;
  readonly #address: SocketAddress;
  readonly #packed: Uint8Array;
  readonly #events: ConnectEvents;
  #retry: Timer | null = null;
  /** Connected, failed, canceled or closed. */
  #isOver = false;
  /** The transport's socket is closed. */
  #isClosed = false;
  /** The events that the poller has reported. */
  #reported = 0;

  /** @throws NetgraphError such as EAFNOSUPPORT, for an address that cannot be used */
  constructor(of: StreamDescriptor, address: SocketAddress, events: ConnectEvents) {
    this.#of = of;
    this.#address = address;
    this.#events = events;
    this.#packed = of.host.packedAddress(address);
    if (address.family === "local") of.host.poller.later(() => this.#tryLocal());
    else this.#begin();
  }

  /** The descriptor is ready: it has connected or failed. */
  ready(events: number): void {
    if (this.#isOver) return;
    this.#reported |= events;
    const { host, fd } = this.#of;
    const { EPOLLERR, EPOLLHUP, EPOLLOUT } = host.system.constants;
    if ((events & (EPOLLERR | EPOLLHUP | EPOLLOUT)) === 0) return;
    // Writable, and nothing else: there is no error to read.
    if ((events & (EPOLLERR | EPOLLHUP)) === 0) return this.#connected();
    const errno = host.takeError(fd);
    if (errno !== 0) {
      this.#disconnect();
      return this.#failed(errno);
    }
    // A hang-up without an error is left from an earlier connect.
    if ((events & EPOLLHUP) === 0) this.#connected();
  }

  /** The descriptor can be used for another connect then. */
  cancel(): void {
    if (this.#isOver) return;
    this.#stop();
    if (this.#address.family !== "local") this.#disconnect();
    this.#of.host.poller.later(() => this.#isClosed || this.#events.connectCanceled());
  }

  /** A connect that the system has meanwhile finished ends with a reset: the peer has received nothing from it. */
  close(): null {
    if (!this.#isOver && this.#address.family !== "local") this.#disconnect();
    this.#stop();
    this.#isClosed = true;
    return this.#of.close();
  }

  #stop(): void {
    this.#isOver = true;
    this.#retry?.cancel();
  }

  /** Clears the connect of the descriptor: Linux answers the next one with ECONNABORTED otherwise. */
  #disconnect(): void {
    const { host, fd } = this.#of;
    host.libc.connect(fd, DISCONNECT, DISCONNECT.length);
    host.takeError(fd);
  }

  #begin(): void {
    const { host, fd } = this.#of;
    if (host.libc.connect(fd, this.#packed, this.#packed.length) === 0) host.poller.later(() => this.#connected());
    else {
      const errno = host.libc.errno();
      if (errno !== host.system.constants.EINPROGRESS) host.poller.later(() => this.#failed(errno));
    }
    // An unconnected socket counts as hung up, therefore it is not watched before.
    if (this.#of.isWatched) host.poller.replaceWatcher(fd, this);
    else host.watchConnection(fd, this);
    this.#of.isWatched = true;
  }

  #tryLocal(): void {
    if (this.#isOver) return;
    const { host, fd } = this.#of;
    if (host.libc.connect(fd, this.#packed, this.#packed.length) === 0) return this.#connected();
    const errno = host.libc.errno();
    if (errno !== host.system.constants.EAGAIN) return this.#failed(errno);
    this.#retry = host.poller.after(RETRY_MS, () => this.#tryLocal());
  }

  #connected(): void {
    if (this.#isOver) return;
    this.#stop();
    const { host, endpoint, fd, bound, isWatched } = this.#of;
    const connection = new PosixConnection(host, { endpoint, fd, bound, peer: this.#address });
    if (!isWatched) host.watchConnection(fd, connection);
    else {
      host.poller.replaceWatcher(fd, connection);
      connection.note(this.#reported);
    }
    this.#events.connected(connection);
  }

  #failed(errno: number): void {
    if (this.#isOver) return;
    this.#stop();
    this.#events.connectFailed(this.#error(errno));
  }

  #error(errno: number): NetgraphError {
    return errnoError(errno, `Cannot connect to ${sockaddr.format(this.#address)}`);
  }
}

/** An address of family AF_UNSPEC (0), which disconnects a socket. */
const DISCONNECT = new Uint8Array(16);
