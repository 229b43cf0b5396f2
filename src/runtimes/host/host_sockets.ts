/**
 * What the socket runtimes over a host's own network API have in common: all but the sockets themselves.
 *
 * @module
 */

import { BufferPool } from "../../buffer.ts";
import type { Clock } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Capabilities } from "../../socket/capability.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { HostTasks } from "../host_tasks.ts";
import { requireOpenable } from "../socket_kind.ts";
import { SocketRegistry } from "../socket_registry.ts";
import { lookupName } from "./node_lookup.ts";
import { PathWatch } from "./path_watch.ts";
import { removeStaleSocket } from "./stale.ts";

/** What all sockets of one runtime share. */
export interface SocketHost {
  /** Whose time passes. */
  readonly clock: Clock;
  /** Where read buffers come from. */
  readonly pool: BufferPool;
  /** Who is to be closed with the runtime. */
  readonly registry: SocketRegistry;
  /** Who looks after the paths of local sockets. */
  readonly paths: PathWatch;
}

/** A host's own network API. */
export interface HostNetwork {
  /** What it can do. */
  readonly capabilities: Capabilities;
  /** Opens a stream socket. */
  openStream(endpoint: Endpoint, host: SocketHost): Socket;
  /** Opens a datagram socket. */
  openDatagram(endpoint: Endpoint, host: SocketHost): Socket;
  /** Whether a socket of some process is bound to a path. */
  answers(path: string): Promise<boolean>;
}

/** Sockets over a host's own network API. */
export class HostSockets implements SocketRuntime {
  readonly capabilities: Capabilities;
  readonly #network: HostNetwork;
  readonly #host: SocketHost;
  readonly #tasks = new HostTasks();

  constructor(clock: Clock, network: HostNetwork) {
    this.capabilities = network.capabilities;
    this.#network = network;
    this.#host = { clock, pool: new BufferPool(), registry: new SocketRegistry(clock), paths: new PathWatch(clock) };
  }

  open(endpoint: Endpoint): Socket {
    requireOpenable(endpoint, this.capabilities);
    if (endpoint.type === "stream") return this.#network.openStream(endpoint, this.#host);
    return this.#network.openDatagram(endpoint, this.#host);
  }

  lookup(
    name: { family: "inet" | "inet6"; name: string; port: number },
    done: (result: readonly SocketAddress[] | NetgraphError) => void,
  ): void {
    this.#tasks.track(lookupName(name), done);
  }

  removeStale(path: string, done: (error: NetgraphError | null) => void): void {
    this.#tasks.track(removeStaleSocket(path, this.#network.answers), done);
  }

  async close(): Promise<void> {
    await this.#host.registry.closeAll();
    await this.#tasks.close();
  }
}
