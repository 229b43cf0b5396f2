/**
 * The socket runtime `posix`: the system's own sockets by FFI, driven by our own loop.
 *
 * Everything happens inside {@linkcode PosixSockets.poll}, which the thread of the runtime calls repeatedly. Host names
 * are looked up in another thread, because a thread that blocks in epoll runs no promise.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Capabilities } from "../../socket/capability.ts";
import { type Endpoint, formatEndpoint } from "../../socket/endpoint.ts";
import type { FileStreams } from "../../socket/file_stream.ts";
import { connects } from "../../socket/kind.ts";
import type { Via } from "../../socket/via.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { DatagramSocket } from "../core/datagram_socket.ts";
import { openStream } from "../core/open_stream.ts";
import { PosixDatagramTransport } from "./datagram_transport.ts";
import { PosixHost } from "./host.ts";
import type { Libc } from "./library.ts";
import { openLibc } from "./open_library.ts";
import { POSIX_CAPABILITIES } from "./capabilities.ts";
import { Poller } from "./poller.ts";
import { PosixPrograms } from "./programs.ts";
import { removeStalePath } from "./stale_path.ts";
import { PosixStreamTransport } from "./stream_transport.ts";
import type { System } from "./system.ts";
import { thisSystem } from "./this_system.ts";
import { WakeCounter } from "./wake.ts";

/** Looks up host names for a runtime that cannot wait for promises. */
export type Resolver = SocketRuntime["lookup"];

/** The parts of a runtime. */
export interface PosixOptions {
  readonly libc: Libc;
  readonly system: System;
  readonly resolve: Resolver;
  /** Files, which another thread reads and writes; absent: none. */
  readonly files?: FileStreams | undefined;
}

/** Sockets over libc and epoll, for one thread. */
export class PosixSockets implements SocketRuntime {
  readonly capabilities: Capabilities = POSIX_CAPABILITIES;
  readonly #host: PosixHost;
  readonly #poller: Poller;
  readonly #resolve: Resolver;
  readonly programs: PosixPrograms;
  readonly files?: FileStreams;
  #closed = false;

  constructor(options: PosixOptions) {
    const { libc, system } = options;
    this.#poller = new Poller(libc, system);
    this.#host = new PosixHost({ libc, system, poller: this.#poller });
    this.programs = new PosixPrograms(this.#host);
    if (options.files !== undefined) this.files = options.files;
    this.#resolve = options.resolve;
  }

  /** The loop's clock, whose timers fire from within `poll`. */
  get clock(): Clock {
    return this.#poller;
  }

  /** True if the next poll has work without waiting. */
  get busy(): boolean {
    return this.#poller.busy;
  }

  /**
   * Waits for events and handles them.
   *
   * @param waitMs how long to wait at most; -1 for no limit
   * @returns the number of ready descriptors
   */
  poll(waitMs: number): number {
    return this.#poller.poll(waitMs);
  }

  /** Creates a counter by which another thread ends `poll`'s wait; `woken` receives the count. */
  wakeCounter(woken: (times: number) => void): WakeCounter {
    return new WakeCounter({ host: this.#host, woken });
  }

  open(endpoint: Endpoint, via?: Via | null): Socket {
    if (this.#closed) throw new NetgraphError("EBADF", `Cannot open "${formatEndpoint(endpoint)}": runtime is closed`);
    const host = this.#host;
    return host.descriptors.open(
      endpoint,
      () =>
        connects(endpoint)
          ? openStream(endpoint, { host, via }, () => new PosixStreamTransport(endpoint, host))
          : new DatagramSocket(endpoint, host, (events) => new PosixDatagramTransport(endpoint, host, events)),
    );
  }

  lookup(
    name: { family: "inet" | "inet6"; name: string; port: number },
    done: (result: readonly SocketAddress[] | NetgraphError) => void,
  ): void {
    this.#resolve(name, (result) => this.#closed || done(result));
  }

  removeStale(path: string, done: (error: NetgraphError | null) => void): void {
    this.#poller.later(() => done(removeStalePath(path, this.#host)));
  }

  /**
   * Closes every socket; resolves, from within `poll`, when the last one has sent its queue. Without any progress the
   * wait is short: stopping a program must not wait for peers that do not read.
   */
  close(): Promise<void> {
    this.#closed = true;
    const ended = this.programs.close();
    return this.#host.sockets.closeAll(this.#poller).then(() => ended).then(() => {
      this.#host.pipes.close();
      return this.#host.tls.close();
    });
  }

  /** Releases everything immediately, including open sockets: for a thread that ends. */
  destroy(): void {
    this.#closed = true;
    void this.#host.tls.close();
    this.#host.pipes.close();
    this.programs.destroy();
    this.#poller.close();
  }
}

/**
 * Opens the runtime for this thread.
 *
 * @throws NetgraphError ENOSYS without such a system or library, ENOTCAPABLE without the permission for FFI
 */
export async function openPosixSockets(resolve: Resolver, files?: FileStreams): Promise<PosixSockets> {
  const system = thisSystem();
  return new PosixSockets({ system, resolve, files, libc: await openLibc(system) });
}
