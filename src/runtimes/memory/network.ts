/**
 * A network in memory: the socket runtime `memory`, for tests and simulations. Sockets communicate within one network,
 * names are looked up in its own table, time advances only on request, and failures are declared by name.
 *
 * @example
 * ```ts
 * const network = new MemoryNetwork();
 * network.fail("bind inet/127.0.0.1:80", "EACCES");
 * network.name("db.example", ["10.0.0.1"]);
 * const sockets = network.openSockets();
 * await network.advance(5_000);
 * await sockets.close();
 * ```
 *
 * @module
 */

import { BufferPool } from "../../buffer.ts";
import type { Clock } from "../../clock.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Capabilities } from "../../socket/capability.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { formatEndpoint } from "../../socket/endpoint.ts";
import type { Via } from "../../socket/via.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { CompactingSet } from "../../compacting_map.ts";
import { DatagramSocket } from "../core/datagram_socket.ts";
import { OpenSockets } from "../core/open_sockets.ts";
import { openStream } from "../core/open_stream.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import { DescriptorReserve } from "../host/descriptor_reserve.ts";
import { requireOpenable } from "../core/socket_kind.ts";
import { TlsHost } from "../core/tls_host.ts";
import { MEMORY_CAPABILITIES } from "./capabilities.ts";
import { VirtualClock } from "./clock.ts";
import type { MemoryConnection } from "./connection.ts";
import { type DatagramHost, MemoryDatagramTransport } from "./datagram_transport.ts";
import { Faults } from "./faults.ts";
import { MemoryFileStreams } from "./file_streams.ts";
import { PortTable } from "./ports.ts";
import { MemoryPrograms, type StartScript } from "./programs.ts";
import { MemoryStreamTransport, type StreamHost } from "./stream_transport.ts";
import { TurnQueue } from "./turns.ts";

/**
 * Hosts, ports and paths that exist only here.
 *
 * @example
 * ```ts
 * import { Graph, MemoryNetwork } from "@sockgraph/sockgraph";
 *
 * const network = new MemoryNetwork();
 * await using graph = await Graph.open({ sockets: network.openSockets(), clock: network.clock });
 * console.log((await graph.types()).some(({ name }) => name === "ksocket")); // true
 * ```
 */
export class MemoryNetwork {
  /** The network's time. */
  readonly clock: VirtualClock = new VirtualClock();
  readonly #turns = new TurnQueue();
  readonly #faults = new Faults();
  readonly #pool = new BufferPool();
  readonly #streams = new PortTable<MemoryStreamTransport>();
  readonly #datagrams = new PortTable<MemoryDatagramTransport>();
  readonly #down = new Set<string>();
  readonly #names = new Map<string, readonly string[]>([["localhost", ["127.0.0.1", "::1"]]]);
  readonly #connections = new CompactingSet<MemoryConnection>();
  readonly #time: Clock;
  readonly #scripts = new Map<string, StartScript>();
  /** The files for nodes of type file, by their paths. */
  readonly files: Map<string, Uint8Array<ArrayBuffer>> = new Map();
  #lostDatagrams = 0;

  /**
   * Creates an empty network.
   *
   * @param options `time`: another clock for the waits of the sockets, such as the machine's
   */
  constructor(options: { time?: Clock } = {}) {
    this.#time = options.time ?? this.clock;
  }

  /** Datagrams that no socket received: no such port, a full receiver, a disabled address. */
  get lostDatagrams(): number {
    return this.#lostDatagrams;
  }

  /** A socket runtime in this network. Several share its addresses, as processes on one host do. */
  openSockets(): SocketRuntime {
    return new MemorySockets(
      this.#host(),
      {
        programs: new MemoryPrograms(this.#turns, this.#scripts),
        files: new MemoryFileStreams(this.#turns, this.#faults, this.files),
      },
      (name) => this.#names.get(name.toLowerCase()) ?? [],
    );
  }

  /**
   * Makes an operation fail.
   *
   * @param name an operation and an address (`connect inet/10.0.0.1:80`), or `*` for any; see {@linkcode Faults}
   * @param options how often, once by default; `Infinity` until the fault is removed
   */
  fail(name: string, code: ErrorCode, options: { times?: number } = {}): void {
    this.#faults.arm(name, code, options.times ?? 1);
  }

  /** Removes a fault. */
  repair(name: string): void {
    this.#faults.disarm(name);
  }

  /**
   * Disables an address: connections to it fail, new ones get EHOSTUNREACH, datagrams are dropped.
   *
   * @param address in ASCII form, such as `inet/10.0.0.1:9`
   */
  down(address: string): void {
    this.#down.add(address);
    for (const connection of this.#connections) {
      const ends = [connection.local, connection.peer].map((end) => sockaddr.format(end));
      if (ends.includes(address)) connection.lose();
    }
  }

  /** Enables an address again. */
  up(address: string): void {
    this.#down.delete(address);
  }

  /**
   * Removes the path of a local socket, as rm(1) does: its listener or receiver is notified, connections stay open, and
   * the path can be bound again.
   */
  removePath(path: string): void {
    const address = { family: "local", path } as const;
    const error = new NetgraphError("EADDRNOTAVAIL", `Path "${path}" was removed`);
    for (const socket of [...this.#streams.all(address), ...this.#datagrams.all(address)]) socket.losePath(error);
  }

  /** Sets the addresses of a host name; an empty list makes it unknown. */
  name(host: string, addresses: readonly string[]): void {
    this.#names.set(host.toLowerCase(), addresses);
  }

  /** Puts a scripted program at a path, for nodes of type exec. */
  program(path: string, start: StartScript): void {
    this.#scripts.set(path, start);
  }

  /** Waits until no data is in transit. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  /** Advances time; everything settles between one timer and the next. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.idle();
    while (this.clock.step(end)) await this.idle();
  }

  #host(): StreamHost & DatagramHost {
    const base = { clock: this.#time, pool: this.#pool, later: queueMicrotask };
    return {
      ...base,
      tls: new TlsHost(base),
      descriptors: new DescriptorReserve({ open: () => 0, close: () => {} }),
      sockets: new OpenSockets(queueMicrotask),
      paths: null,
      earlyBytes: HIGH_WATER_BYTES,
      connections: this.#connections,
      turns: this.#turns,
      faults: this.#faults,
      streams: this.#streams,
      datagrams: this.#datagrams,
      reachable: (address) => !this.#down.has(sockaddr.format(address)),
      lost: () => this.#lostDatagrams++,
    };
  }
}

class MemorySockets implements SocketRuntime {
  readonly capabilities: Capabilities = MEMORY_CAPABILITIES;
  readonly #host: StreamHost & DatagramHost;
  readonly programs: MemoryPrograms;
  readonly files: MemoryFileStreams;
  readonly #addresses: (name: string) => readonly string[];

  /** @param addresses looks up a host name */
  constructor(
    host: StreamHost & DatagramHost,
    { programs, files }: { readonly programs: MemoryPrograms; readonly files: MemoryFileStreams },
    addresses: (name: string) => readonly string[],
  ) {
    this.#host = host;
    this.programs = programs;
    this.files = files;
    this.#addresses = addresses;
  }

  open(endpoint: Endpoint, via?: Via | null): Socket {
    requireOpenable(endpoint, this.capabilities);
    this.#host.faults.check("open", formatEndpoint(endpoint));
    const host = this.#host;
    if (endpoint.type === "stream") {
      return openStream(endpoint, { host, via }, () => new MemoryStreamTransport(endpoint, host));
    }
    return new DatagramSocket(endpoint, host, (events) => new MemoryDatagramTransport(endpoint, host, events));
  }

  lookup(
    name: { family: "inet" | "inet6"; name: string; port: number },
    done: (result: readonly SocketAddress[] | NetgraphError) => void,
  ): void {
    this.#host.turns.post(() => done(this.#answer(name)));
  }

  removeStale(path: string, done: (error: NetgraphError | null) => void): void {
    const address = { family: "local", path } as const;
    const taken = this.#host.streams.find(address) !== null || this.#host.datagrams.find(address) !== null;
    const message = `Cannot replace the file at ${sockaddr.format(address)}: a socket is bound to it`;
    this.#host.turns.post(() => done(taken ? new NetgraphError("EADDRINUSE", message) : null));
  }

  /** Data in transit still arrives, as time passes. */
  async close(): Promise<void> {
    this.#host.sockets.closeEach();
    await this.programs.close();
    await this.#host.tls.close();
  }

  #answer(wanted: { family: "inet" | "inet6"; name: string; port: number }): readonly SocketAddress[] | NetgraphError {
    const { family, name, port } = wanted;
    const fault = this.#host.faults.hit("lookup", name);
    if (fault !== null) return fault;
    const hosts = this.#addresses(name.replace(/\.$/, "")).filter((host) =>
      host.includes(":") === (family === "inet6")
    );
    if (hosts.length === 0) {
      return new NetgraphError("ENOTFOUND", `Cannot look up "${name}" for ${family}: no such name in this network`);
    }
    return hosts.map((host) => family === "inet" ? { family, host, port } : { family, host, port, zone: null });
  }
}
