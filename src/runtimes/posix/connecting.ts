/**
 * A connect that is under way on one descriptor.
 *
 * TCP connects while we wait for its descriptor. A local socket connects at once or not at all: it is tried on a turn
 * of its own, so that it can be given up before, and tried again while the listener's backlog is full (EAGAIN, which
 * epoll does not tell the end of).
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";

/** How long to wait before a full backlog is tried again, in milliseconds. */
const RETRY_MS = 10;

/** What is connected, and who is told. */
export interface ConnectingOptions {
  readonly host: PosixHost;
  readonly fd: number;
  readonly address: SocketAddress;
  /** Called once, on a turn of its own; not after `cancel`. */
  done(error: NetgraphError | null): void;
}

/** A connect under way. */
export class Connecting {
  readonly #options: ConnectingOptions;
  readonly #packed: Uint8Array;
  #retry: Timer | null = null;
  #finished = false;

  /** @throws NetgraphError EAFNOSUPPORT and the like, for an address that cannot be used */
  constructor(options: ConnectingOptions) {
    this.#options = options;
    this.#packed = options.host.packedAddress(options.address);
    if (options.address.family === "local") options.host.poller.later(() => this.#tryLocal());
    else this.#begin();
  }

  /** The descriptor is ready: it has connected or failed. */
  ready(events: number): void {
    const { host, fd } = this.#options;
    const { EPOLLERR, EPOLLHUP, EPOLLOUT } = host.system.constants;
    if ((events & (EPOLLERR | EPOLLHUP | EPOLLOUT)) === 0) return;
    // Writable, and nothing else: there is no error to ask for.
    if ((events & (EPOLLERR | EPOLLHUP)) === 0) return this.#finish(null);
    const errno = host.takeError(fd);
    if (errno !== 0) {
      this.#disconnect();
      return this.#finish(errnoError(errno, this.#action));
    }
    // Without an error a hang-up is what a former connect left behind.
    if ((events & EPOLLHUP) === 0) this.#finish(null);
  }

  /** Gives up; the descriptor can be used for another connect. */
  cancel(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#retry?.cancel();
    if (this.#options.address.family !== "local") this.#disconnect();
  }

  /** What a connect that was given up fails with. */
  get canceled(): NetgraphError {
    return new NetgraphError("ECANCELED", `${this.#action}: it was given up`);
  }

  get #action(): string {
    return `Cannot connect to ${sockaddr.format(this.#options.address)}`;
  }

  /** Makes the descriptor forget the connect: Linux answers the next one with ECONNABORTED otherwise. */
  #disconnect(): void {
    const { host, fd } = this.#options;
    host.libc.connect(fd, DISCONNECT, DISCONNECT.length);
    host.takeError(fd);
  }

  #begin(): void {
    const { host, fd } = this.#options;
    if (host.libc.connect(fd, this.#packed, this.#packed.length) === 0) {
      host.poller.later(() => this.#finish(null));
      return;
    }
    const errno = host.libc.errno();
    if (errno === host.system.constants.EINPROGRESS) return;
    host.poller.later(() => this.#finish(errnoError(errno, this.#action)));
  }

  #tryLocal(): void {
    if (this.#finished) return;
    const { host, fd } = this.#options;
    if (host.libc.connect(fd, this.#packed, this.#packed.length) === 0) return this.#finish(null);
    const errno = host.libc.errno();
    if (errno !== host.system.constants.EAGAIN) return this.#finish(errnoError(errno, this.#action));
    this.#retry = host.poller.after(RETRY_MS, () => this.#tryLocal());
  }

  #finish(error: NetgraphError | null): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#options.done(error);
  }
}

/** An address of family AF_UNSPEC (0), by which a connect is taken back. */
const DISCONNECT = new Uint8Array(16);
