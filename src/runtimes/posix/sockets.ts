/**
 * The socket runtime `posix`: the system's own sockets by FFI, driven by a loop of ours.
 *
 * Everything happens inside {@linkcode PosixSockets.poll}, which the thread that made the runtime calls again and again.
 * Host names are looked up by somebody else, because a thread that blocks in epoll runs no promise.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Capabilities } from "../../socket/capability.ts";
import { type Endpoint, formatEndpoint } from "../../socket/endpoint.ts";
import { connects } from "../../socket/kind.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { DatagramSocket } from "../core/datagram_socket.ts";
import { StreamSocket } from "../core/stream_socket.ts";
import { PosixDatagramTransport } from "./datagram_transport.ts";
import { PosixHost } from "./host.ts";
import type { Libc } from "./library.ts";
import { openLibc } from "./open_library.ts";
import { POSIX_CAPABILITIES } from "./capabilities.ts";
import { Poller } from "./poller.ts";
import { removeStalePath } from "./stale_path.ts";
import { PosixStreamTransport } from "./stream_transport.ts";
import type { System } from "./system.ts";
import { thisSystem } from "./this_system.ts";
import { WakeCounter } from "./wake.ts";

/** Looks host names up for a runtime that cannot wait for them. */
export type Resolver = SocketRuntime["lookup"];

/** What a runtime is made of. */
export interface PosixOptions {
  readonly libc: Libc;
  readonly system: System;
  readonly resolve: Resolver;
}

/** Sockets over libc and epoll, for one thread. */
export class PosixSockets implements SocketRuntime {
  readonly capabilities: Capabilities = POSIX_CAPABILITIES;
  readonly #host: PosixHost;
  readonly #poller: Poller;
  readonly #resolve: Resolver;
  #closed = false;

  constructor(options: PosixOptions) {
    const { libc, system } = options;
    this.#poller = new Poller(libc, system);
    this.#host = new PosixHost({ libc, system, poller: this.#poller });
    this.#resolve = options.resolve;
  }

  /** The loop's clock, whose timers fire from within `poll`. */
  get clock(): Clock {
    return this.#poller;
  }

  /** True when the next poll has something to do without waiting. */
  get busy(): boolean {
    return this.#poller.busy;
  }

  /**
   * Waits for something to happen and deals with it.
   *
   * @param waitMs how long to wait at most; -1 as long as it takes
   * @returns how many descriptors were ready
   */
  poll(waitMs: number): number {
    return this.#poller.poll(waitMs);
  }

  /** Makes a counter by which another thread ends `poll`'s wait; `woken` gets how often it was told to. */
  wakeCounter(woken: (times: number) => void): WakeCounter {
    return new WakeCounter({ host: this.#host, woken });
  }

  open(endpoint: Endpoint): Socket {
    if (this.#closed) throw new NetgraphError("EBADF", `Cannot open "${formatEndpoint(endpoint)}": runtime is closed`);
    if (endpoint.tls) {
      throw new NetgraphError("EPROTONOSUPPORT", `Cannot open "${formatEndpoint(endpoint)}": the system has no TLS`);
    }
    const host = this.#host;
    if (connects(endpoint)) return new StreamSocket(endpoint, host, new PosixStreamTransport(endpoint, host));
    return new DatagramSocket(endpoint, host, (events) => new PosixDatagramTransport(endpoint, host, events));
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
   * Ends every socket; settles, from within `poll`, when the last one has sent what it had. While none of them gets
   * anything out they are waited for only a moment: nobody stops a program to wait for peers that take nothing.
   */
  close(): Promise<void> {
    this.#closed = true;
    return this.#host.sockets.closeAll(this.#poller);
  }

  /** Gives everything back at once, whatever is still open: for a thread that ends. */
  destroy(): void {
    this.#closed = true;
    this.#poller.close();
  }
}

/**
 * Opens the runtime for this thread.
 *
 * @throws NetgraphError ENOSYS where there is no such system or library, ENOTCAPABLE without the permission for FFI
 */
export async function openPosixSockets(resolve: Resolver): Promise<PosixSockets> {
  const system = thisSystem();
  return new PosixSockets({ system, resolve, libc: await openLibc(system) });
}
