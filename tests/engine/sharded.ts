/**
 * An engine in memory whose graph is in several threads, as far as can be observed: as many graphs behind one port,
 * each with sockets of its own in one network.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ApplyOutcome } from "../../src/api/apply_event.ts";
import { Engine } from "../../src/engine/engine.ts";
import { Shard } from "../../src/engine/threads/shard.ts";
import { ShardedPort } from "../../src/engine/threads/sharded_port.ts";
import { NetgraphError } from "../../src/errors.ts";
import type { GraphEvent } from "../../src/graph/data/event.ts";
import { Graph } from "../../src/graph/core/graph.ts";
import type { GraphPort } from "../../src/graph/port/port.ts";
import { localPort } from "../../src/graph/port/port_local.ts";
import { builtinTypes, describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { sessionEnd } from "../../src/nodes/session_end.ts";
import type { NodeStatus, TopologyStatus } from "../../src/reconcile/status/status_types.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { parseText } from "../../src/ascii/parse.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { TlsOptions } from "../../src/socket/tls.ts";
import type { SocketRuntime } from "../../src/socket/socket.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { Recorder } from "../conformance/recorder.ts";

/** One of the graphs. */
interface Part {
  readonly graph: Graph;
  readonly port: GraphPort;
}

/** An engine over `threads` graphs in one network. */
export class Sharded implements AsyncDisposable {
  readonly network: MemoryNetwork = new MemoryNetwork();
  readonly parts: Part[] = [];
  readonly shards: readonly Shard[];
  readonly port: ShardedPort;
  readonly engine: Engine;
  /** Threads that are down. */
  readonly down: Set<number> = new Set();
  readonly #own: SocketRuntime = this.network.openSockets();
  /** Who hears of each graph: also of the next one at its place. */
  readonly #listeners = new Map<number, (event: GraphEvent) => void>();

  constructor(threads: number) {
    const { clock } = this.network;
    for (let part = 0; part < threads; part++) this.parts.push(this.#part(part, threads));
    const [first, ...others] = this.parts;
    assert.ok(first);
    this.shards = others.map((_, index) => {
      const part = index + 1;
      return new Shard(part, { port: this.#reach(part), lost: () => this.down.has(part) });
    });
    this.port = new ShardedPort(first.port, this.shards, { clock, random: () => 0.5 });
    const types = describeBuiltinTypes(MEMORY_CAPABILITIES);
    const placed = { port: this.port, capabilities: MEMORY_CAPABILITIES, threads, types };
    this.engine = new Engine({ graph: placed, clock, pid: 7, random: () => 0.5 });
  }

  /** Applies a topology named `t`. */
  async apply(text: string): Promise<ApplyOutcome> {
    const { topologies, diagnostics } = loadTopology({
      source: { name: "t.yaml", text },
      types: describeBuiltinTypes(MEMORY_CAPABILITIES),
      env: () => null,
      defaultName: "t",
      baseDirectory: "/",
    });
    assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
    const desired = topologies.map(({ state }) => {
      return { state, source: { kind: "file", location: "/t.yaml", revision: null } };
    });
    const request = { topologies: desired, replace: [], rollback: true, waitMs: 0 };
    const [outcome] = await this.engine.apply(request, () => {});
    assert.ok(outcome);
    await this.network.idle();
    return outcome;
  }

  async topology(): Promise<TopologyStatus> {
    const { topologies: [topology] } = await this.engine.status();
    assert.ok(topology);
    return topology;
  }

  async node(name: string): Promise<NodeStatus> {
    const found = (await this.topology()).nodes.filter((node) => node.name === name);
    assert.equal(found.length, 1);
    const [node] = found;
    assert.ok(node);
    return node;
  }

  /** How many connections a listener has in each graph; null where it has no such listener. */
  async active(name: string): Promise<readonly (number | null)[]> {
    return await Promise.all(this.parts.map(async ({ port }) => {
      const snapshot = await port.snapshot("t");
      return snapshot?.nodes.find((node) => node.name === name)?.report?.connections?.active ?? null;
    }));
  }

  /** A server that takes everybody. */
  serve(address: string): void {
    const socket = this.#own.open(parseEndpoint("inet/stream/tcp"));
    const owner = new Recorder();
    socket.owner = owner;
    owner.accepted = (child) => {
      child.owner = new Recorder();
      child.resume();
    };
    socket.bind(parseText(sockaddr, address));
    socket.listen(128);
    for (let count = 0; count < 1_000; count++) socket.accept();
  }

  /** A connection of the test's own. */
  async connect(address: string, tls?: TlsOptions): Promise<Recorder> {
    const socket = this.#own.open(parseEndpoint(`inet/stream/${tls === undefined ? "tcp" : "tls"}`));
    if (tls !== undefined) socket.setTls?.(tls);
    const owner = new Recorder();
    socket.owner = owner;
    const error = await new Promise<NetgraphError | null>((done) => socket.connect(parseText(sockaddr, address), done));
    if (error !== null) throw error;
    socket.resume();
    return owner;
  }

  /** A thread goes down, with all that it has. */
  async lose(part: number): Promise<void> {
    this.down.add(part);
    await this.parts[part]?.port.close();
    const shard = this.shards[part - 1];
    assert.ok(shard);
    this.port.lost(shard, new NetgraphError("EIO", "gone"), 1_000);
  }

  /** It is there again, with nothing. */
  restart(part: number): void {
    const next = this.#part(part, this.parts.length);
    this.parts[part] = next;
    const listen = this.#listeners.get(part);
    if (listen !== undefined) next.port.subscribe(listen);
    this.down.delete(part);
    const shard = this.shards[part - 1];
    assert.ok(shard);
    this.port.restarted(shard);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    await this.#own.close();
    await this.network.idle();
    const left = this.parts.flatMap(({ graph }) => graph.allNodes().map((node) => node.path));
    assert.deepEqual(left, []);
  }

  #part(part: number, of: number): Part {
    const sockets = this.network.openSockets();
    const graph = new Graph({ types: builtinTypes(sockets), clock: this.network.clock, share: { part, of } });
    return { graph, port: localPort(graph, { sessionEnd, release: () => sockets.close() }) };
  }

  /** The port of whichever graph there is at that place. */
  #reach(part: number): GraphPort {
    const port = (): GraphPort => {
      const found = this.parts[part];
      if (found === undefined || this.down.has(part)) throw new NetgraphError("EBUSY", "There is no such graph");
      return found.port;
    };
    return {
      send: async (...call) => await port().send(...call),
      snapshot: async (...call) => await port().snapshot(...call),
      scopes: async () => await port().scopes(),
      openScope: async (...call) => await port().openScope(...call),
      closeScope: async (name) => await port().closeScope(name),
      openSession: async (...call) => await port().openSession(...call),
      tap: async (act) => await port().tap(act),
      recordConnections: async (recording) => await port().recordConnections(recording),
      subscribe: (listen) => {
        this.#listeners.set(part, listen);
        return port().subscribe(listen);
      },
      close: async () => await port().close(),
    };
  }
}
