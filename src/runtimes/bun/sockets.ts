/**
 * The socket runtime `bun`: sockets over Bun's own network API, without FFI.
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
import { BUN_CAPABILITIES } from "./capabilities.ts";
import { BunDatagramSocket } from "./datagram.ts";
import { setPathMode } from "../host/path_mode.ts";
import { removeStaleSocket } from "./stale.ts";
import { type BunSocketHost, BunStreamSocket } from "./stream.ts";
import { HostTasks } from "../host_tasks.ts";
import { lookupName } from "../host/node_lookup.ts";
import { requireOpenable } from "../socket_kind.ts";
import { SocketRegistry } from "../socket_registry.ts";

/** Sockets over `Bun.listen`, connections of Bun and `Bun.udpSocket`. */
export class BunSockets implements SocketRuntime {
  readonly capabilities: Capabilities = BUN_CAPABILITIES;
  readonly #host: BunSocketHost;
  readonly #tasks = new HostTasks();

  constructor(clock: Clock) {
    this.#host = { clock, pool: new BufferPool(), registry: new SocketRegistry() };
  }

  open(endpoint: Endpoint): Socket {
    requireOpenable(endpoint, this.capabilities);
    if (endpoint.type === "stream") return new BunStreamSocket(endpoint, this.#host);
    return new BunDatagramSocket(endpoint, this.#host);
  }

  lookup(
    name: { family: "inet" | "inet6"; name: string; port: number },
    done: (result: readonly SocketAddress[] | NetgraphError) => void,
  ): void {
    this.#tasks.track(lookupName(name), done);
  }

  removeStale(path: string, done: (error: NetgraphError | null) => void): void {
    this.#tasks.track(removeStaleSocket(path), done);
  }

  setPathMode(path: string, mode: number): void {
    setPathMode(path, mode);
  }

  async close(): Promise<void> {
    await this.#host.registry.closeAll();
    await this.#tasks.close();
  }
}
