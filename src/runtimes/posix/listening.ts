/**
 * The accepting half of a listener: accepts as many connections as were requested; the others wait in the system's
 * backlog.
 *
 * The listener is watched edge-triggered, so that it does not spin if it cannot accept (EMFILE): it pauses until a
 * descriptor is closed, or for {@linkcode ACCEPT_PAUSE_MS}.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { ACCEPT_PAUSE_MS, acceptFailure, reserveError } from "../core/accept_rules.ts";
import type { LocalPath } from "../core/local_path.ts";
import type { ListenEvents, ListenOptions, OptionStore, StreamListening } from "../core/stream_transport.ts";
import { PosixConnection } from "./connection.ts";
import type { StreamDescriptor } from "./descriptor.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";
import type { DeferredTask, Watcher } from "./poller.ts";

/** The number of connections that are accepted before other sockets are handled. */
const BUDGET = 64;

/** A listening descriptor. */
export class PosixListening implements StreamListening, Watcher, DeferredTask {
  readonly #of: StreamDescriptor;
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #events: ListenEvents;
  readonly #path: LocalPath | null;
  #local: SocketAddress | null = null;
  #wanted = 0;
  /** Whether a connection may wait in the backlog: true until the system reports none. */
  #mayWait = true;
  #isDeferred = false;
  #pause: { timer: Timer; forget: () => void } | null = null;
  #isClosed = false;

  /** @throws NetgraphError EADDRINUSE … */
  constructor(of: StreamDescriptor, { backlog, path, events }: ListenOptions) {
    this.#of = of;
    this.#host = of.host;
    this.#fd = of.fd;
    this.#events = events;
    this.#path = path;
    this.setBacklog(backlog);
    const { EPOLLET, EPOLLIN } = of.host.system.constants;
    of.host.poller.watch(of.fd, EPOLLIN | EPOLLET, this);
  }

  get kind(): "listening" {
    return "listening";
  }

  get local(): SocketAddress | null {
    if (!this.#isClosed) this.#local ??= this.#host.localAddress(this.#fd, this.#of.bound);
    return this.#local;
  }

  get options(): OptionStore {
    return this.#of.options;
  }

  setBacklog(backlog: number): void {
    const { libc } = this.#host;
    if (libc.listen(this.#fd, backlog) < 0) throw errnoError(libc.errno(), "Cannot listen");
  }

  /** Requests one more. */
  accept(): void {
    this.#wanted++;
    this.#defer();
  }

  /** A client has connected. */
  ready(): void {
    this.#mayWait = true;
    if (!this.#isDeferred) this.#acceptWaiting();
  }

  runDeferred(): void {
    this.#isDeferred = false;
    this.#acceptWaiting();
  }

  close(): null {
    this.#stop();
    this.#path?.remove();
    this.#host.poller.closeLater(this.#fd);
    return null;
  }

  #stop(): void {
    this.#isClosed = true;
    this.#endPause();
  }

  #defer(): void {
    if (this.#isDeferred || !this.#mayWait || this.#pause !== null) return;
    this.#isDeferred = true;
    this.#host.poller.defer(this);
  }

  #acceptWaiting(): void {
    for (let taken = 0; taken < BUDGET; taken++) {
      if (this.#wanted === 0 || this.#isClosed || this.#pause !== null) return;
      if (!this.#host.descriptors.isHeld()) {
        this.#pauseAccepting();
        return this.#events.acceptFailed(reserveError());
      }
      const fd = this.#host.acceptDescriptor(this.#fd);
      if (fd < 0) {
        if (this.#refused(this.#host.libc.errno())) return;
        continue;
      }
      this.#wanted--;
      // While a connection is passed on, `accept` may be called for the next one: this loop handles it.
      this.#isDeferred = true;
      this.#accepted(fd);
      this.#isDeferred = false;
    }
    this.#defer();
  }

  #accepted(fd: number): void {
    const host = this.#host;
    const { endpoint, bound } = this.#of;
    const connection = new PosixConnection(host, { endpoint, fd, bound, peer: host.acceptedPeer() });
    host.watchConnection(fd, connection);
    this.#events.accepted(connection);
  }

  /** @returns true if no connection waits for now */
  #refused(errno: number): boolean {
    if (errno === this.#host.system.constants.EAGAIN) {
      this.#mayWait = false;
      return true;
    }
    const code = errnoCode(errno);
    const error = errnoError(errno, "Cannot accept a connection");
    const kind = acceptFailure(code);
    if (kind === "passing") return false;
    if (kind === "exhausted") {
      this.#pauseAccepting();
      this.#events.acceptFailed(error);
    } else {
      this.#events.failed(error);
    }
    return true;
  }

  #pauseAccepting(): void {
    const { poller } = this.#host;
    const wake = (): void => {
      this.#endPause();
      this.#defer();
    };
    this.#pause = { timer: poller.after(ACCEPT_PAUSE_MS, wake), forget: poller.onceFreed(wake) };
  }

  #endPause(): void {
    this.#pause?.timer.cancel();
    this.#pause?.forget();
    this.#pause = null;
  }
}
