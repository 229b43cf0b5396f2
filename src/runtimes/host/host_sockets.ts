/**
 * The common part of the socket runtimes over a host's own network API: everything except the sockets themselves.
 *
 * @module
 */

import { BufferPool } from "../../buffer.ts";
import type { Clock } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Capabilities } from "../../socket/capability.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { Via } from "../../socket/via.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { DatagramSocket } from "../core/datagram_socket.ts";
import type { DatagramEvents, DatagramTransport } from "../core/datagram_transport.ts";
import { OpenSockets } from "../core/open_sockets.ts";
import { openStream } from "../core/open_stream.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import type { SocketHost } from "../core/socket_host.ts";
import { requireOpenable } from "../core/socket_kind.ts";
import { TlsHost } from "../core/tls_host.ts";
import { systemError } from "../system_error.ts";
import { DescriptorReserve } from "./descriptor_reserve.ts";
import { HostStream, type HostStreams } from "./host_stream.ts";
import { NodeFileStreams } from "./node_file_streams.ts";
import { lookupName } from "./node_lookup.ts";
import { NodePrograms } from "./node_programs.ts";
import { PathWatch } from "./path_watch.ts";
import { removeStaleSocket } from "./stale.ts";

/** A host's own network API. */
export interface HostNetwork {
  /** Its capabilities. */
  readonly capabilities: Capabilities;
  /** How it creates streams. */
  readonly streams: HostStreams;
  /** Creates the transport of a datagram socket. */
  datagram(endpoint: Endpoint, host: SocketHost, events: DatagramEvents): DatagramTransport;
  /** Whether a socket of some process is bound to a path. */
  answers(path: string): Promise<boolean>;
}

/** Sockets over a host's own network API. */
export class HostSockets implements SocketRuntime {
  readonly capabilities: Capabilities;
  readonly #network: HostNetwork;
  readonly #host: SocketHost;
  readonly #tasks = new HostTasks();
  readonly programs: NodePrograms;
  readonly files: NodeFileStreams;

  constructor(clock: Clock, network: HostNetwork) {
    this.capabilities = network.capabilities;
    this.#network = network;
    this.programs = new NodePrograms(clock);
    this.files = new NodeFileStreams(clock);
    const base = { clock, pool: new BufferPool(), later: queueMicrotask };
    this.#host = {
      ...base,
      tls: new TlsHost(base),
      descriptors: new DescriptorReserve(),
      sockets: new OpenSockets(queueMicrotask),
      paths: new PathWatch(clock),
      earlyBytes: HIGH_WATER_BYTES,
    };
  }

  open(endpoint: Endpoint, via?: Via | null): Socket {
    requireOpenable(endpoint, this.capabilities);
    const host = this.#host;
    const network = this.#network;
    return host.descriptors.open(
      endpoint,
      () =>
        endpoint.type === "stream"
          ? openStream(endpoint, { host, via }, () => new HostStream(endpoint, host, network.streams))
          : new DatagramSocket(endpoint, host, (events) => network.datagram(endpoint, host, events)),
    );
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
    const ended = this.programs.close();
    await this.#host.sockets.closeAll(this.#host.clock);
    await ended;
    await this.#host.tls.close();
    await this.#tasks.close();
  }
}

/** Promises whose results are passed to callbacks. */
class HostTasks {
  readonly #tasks = new Set<Promise<void>>();
  #closed = false;

  /** Passes on the result, or the error. */
  track<T>(work: Promise<T>, done: (result: T | NetgraphError) => void): void {
    const task = this.#run(work, done).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** Waits for requests in progress; no callback is called any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#tasks);
  }

  async #run<T>(work: Promise<T>, done: (result: T | NetgraphError) => void): Promise<void> {
    const result = await work.catch((error) => systemError(error, "Cannot ask the system"));
    if (!this.#closed) done(result);
  }
}
