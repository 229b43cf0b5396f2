/**
 * One engine on real sockets in which many topologies are broken and mended at the same time, and all that states how
 * a topology fares: status, conditions, exit code, `/readyz`, metrics and events.
 *
 * @module
 */

import { engineServices } from "../../../src/engine/services/services.ts";
import assert from "node:assert/strict";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../src/clock.ts";
import { controlHandler } from "../../../src/api/server.ts";
import type { ControlEvent } from "../../../src/api/operations/events.ts";
import { isWell } from "../../../src/cli/verbs/status/status_view.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { baseOn } from "../../../src/engine/engine_options.ts";
import { openGraph } from "../../../src/engine/open_graph.ts";
import { describeTypes } from "../../../src/engine/node_catalog.ts";
import type { Health, TopologyStatus } from "../../../src/reconcile/status/status_types.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import type { RuntimeName } from "../../../src/socket/capability.ts";
import { STRICT_OWNERSHIP } from "../../../src/sources/ownership.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";
import { VERSION } from "../../../src/version.ts";
import { freePort } from "../../support/process.ts";

/** How long to look for what is expected: generous, since machines are slow at times. */
const PATIENCE_MS = 20_000;
const CHECK_INTERVAL_MS = 50;

/** What is expected of a topology that is not well. */
export interface Unwell {
  /** The reason of its condition; where it changes as attempts are made, the one that stays. */
  readonly reason: string;
  /** True where it is Ready all the same. */
  readonly serving?: boolean;
  /** Degraded where it is absent. */
  readonly health?: Health;
}

/** An engine at work, and a place to break things. */
export class HealthStage implements AsyncDisposable {
  readonly engine: Engine;
  /** Every event since the beginning. */
  readonly news: ControlEvent[] = [];
  readonly #load: (name: string, text: string) => Parameters<Engine["apply"]>[0]["topologies"];
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;
  readonly #sockets = new Set<Socket>();
  readonly #servers = new Map<Server, Set<Socket>>();

  readonly #clock: Clock;
  readonly #datagrams: DatagramSocket[] = [];
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  /** An empty folder. */
  readonly folder: string;

  private constructor(engine: Engine, load: HealthStage["load"], { clock, folder }: { clock: Clock; folder: string }) {
    this.engine = engine;
    this.folder = folder;
    this.#clock = clock;
    this.#load = load;
    this.#reading = this.#read();
  }

  get load(): (name: string, text: string) => Parameters<Engine["apply"]>[0]["topologies"] {
    return this.#load;
  }

  /** Opens an engine over the named runtime. */
  static async open(socketRuntime: RuntimeName): Promise<HealthStage> {
    const runtime = await detectRuntime();
    const types = await describeTypes(runtime, socketRuntime);
    const graph = await openGraph(runtime, socketRuntime);
    const engine = new Engine({ ...baseOn(runtime), graph });
    const folder = await mkdtemp(join(tmpdir(), "sockgraph-health-"));
    return new HealthStage(engine, (name, text) => {
      const source = { name: `${name}.yaml`, text };
      const { topologies, diagnostics } = loadTopology({
        source,
        types,
        env: () => null,
        defaultName: name,
        baseDirectory: "/",
      });
      assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
      return topologies.map(({ state }) => ({ state, source: { kind: "file", location: `/${name}`, revision: null } }));
    }, { clock: runtime.clock, folder });
  }

  /** Applies a topology. */
  async apply(name: string, text: string, { rollback = true }: { readonly rollback?: boolean } = {}): Promise<void> {
    const topologies = this.#load(name, text);
    await this.engine.apply({ topologies, waitMs: 0, replace: [], rollback }, () => {});
  }

  /** Follows a file. */
  async follow(path: string): Promise<void> {
    const how = { intervalMs: 100, webIntervalMs: null, replace: [], rollback: true, selfHeal: false, waitMs: 0 };
    await this.engine.follow({ ...STRICT_OWNERSHIP, ...how, sources: [{ kind: "path", name: path, path }] }, () => {});
  }

  /** Sends a manual message. */
  async msg(path: string, command: string, argument: string | null = null): Promise<void> {
    await this.engine.msg({ path, command, argument });
  }

  /** Has manual changes reverted. */
  async reconcile(name: string): Promise<void> {
    await this.engine.reconcile({ name, waitMs: 0 }, () => {});
  }

  /** Where a node listens. */
  async port(path: string): Promise<number> {
    const { text } = await this.engine.msg({ path: `${path}:`, command: "getname", argument: null });
    return Number(/:(\d+)/.exec(text ?? "")?.[1]);
  }

  /** A server that answers with what it gets; on a port that is free unless a port or a path is given. */
  async serve(
    at?: number | string,
    onConnection: (socket: Socket) => void = (socket) => socket.pipe(socket),
  ): Promise<Server> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(this.#hold(socket));
      onConnection(socket);
    });
    this.#servers.set(server, sockets);
    // It may listen here again: at no port that the system gives to others meanwhile.
    const place = at ?? await freePort();
    if (typeof place === "string") server.listen(place);
    else server.listen(place, "127.0.0.1");
    await once(server, "listening");
    return server;
  }

  /** Ends a server, with all of its connections. */
  async end(server: Server): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#servers.get(server) ?? []) socket.destroy();
    this.#servers.delete(server);
    await closed;
  }

  /** A port without a receiver of datagrams. */
  async freeDatagramPort(): Promise<number> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(resolve));
    return port;
  }

  /** Sends a datagram ten times a second until the stage is taken down. */
  sendDatagrams(port: number): void {
    const socket = this.#holdDatagrams();
    const send = (): void => socket.send("x", port, "127.0.0.1");
    send();
    this.#timers.push(setInterval(send, 100));
  }

  /** Does something ten times a second until the stage is taken down. */
  repeat(act: () => void): void {
    act();
    this.#timers.push(setInterval(act, 100));
  }

  /** Takes datagrams. */
  async receiveDatagrams(port: number): Promise<void> {
    const socket = this.#holdDatagrams();
    await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
  }

  /** A client; it is there still when the stage is taken down, unless it was ended. */
  async client(port: number): Promise<Socket> {
    const socket = this.#hold(connect(port, "127.0.0.1"));
    await inTime(`a client of port ${port} is connected`, (done) => socket.once("connect", done).once("close", done));
    return socket;
  }

  /** A client that is refused, or ended, before it has an answer. */
  async refusedClient(port: number): Promise<void> {
    const socket = await this.client(port);
    if (!socket.closed) await inTime(`a client of port ${port} is refused`, (done) => socket.once("close", done));
  }

  /** Waits until everything states that a topology is not well, and why; returns how long that took. */
  async unwell(name: string, { reason, serving = false, health = "Degraded" }: Unwell): Promise<number> {
    return await this.#until(`${name} is not well: ${reason}`, async () => {
      const status = await this.#status(name);
      const ready = conditionOf(status, "Ready");
      assert.equal(status.health, health, JSON.stringify(status.conditions));
      const stated = serving && ready?.reason !== reason ? conditionOf(status, "Stalled") : ready;
      assert.equal(stated?.reason, reason, JSON.stringify(status.conditions));
      assert.equal(ready?.status, serving ? "True" : "False");
      assert.equal(isWell(status), false, "exit code");
      const metrics = await this.engine.metrics();
      assert.match(metrics, sample("condition", `topology="${name}",type="Ready"`, serving ? 1 : 0));
      assert.match(metrics, sample("health", `topology="${name}",health="${health}"`, 1));
      assert.match(
        metrics,
        sample("condition_reason", `topology="${name}",type="${stated?.type}",reason="${reason}"`, 1),
      );
      const failing = status.nodes.some(({ state }) => ["degraded", "failed", "draining"].includes(state));
      assert.equal(metrics.includes(`sockgraph_fault{topology="${name}",`), failing, "sockgraph_fault");
      const line = (await this.#readyz()).find((one) => one.startsWith(`${name}: `));
      assert.equal(line !== undefined, !serving, "/readyz");
      assert.ok(
        this.news.some((one) => {
          return one.kind === "health" && one.topology === name && one.health === health && one.reason === reason;
        }),
        "event",
      );
    });
  }

  /** Waits until everything states that a topology is well; returns how long that took. */
  async well(name: string): Promise<number> {
    return await this.#until(`${name} is well`, async () => {
      const status = await this.#status(name);
      assert.equal(status.health, "Healthy", JSON.stringify(status.conditions));
      assert.equal(conditionOf(status, "Ready")?.reason, "AllNodesReady");
      assert.deepEqual(status.nodes.flatMap(({ error, faults }) => [...faults, ...error === null ? [] : [error]]), []);
      assert.ok(isWell(status), "exit code");
      const metrics = await this.engine.metrics();
      assert.match(metrics, sample("condition", `topology="${name}",type="Ready"`, 1));
      assert.match(metrics, sample("condition", `topology="${name}",type="Stalled"`, 0));
      assert.match(metrics, sample("health", `topology="${name}",health="Healthy"`, 1));
      assert.ok(!metrics.includes(`sockgraph_fault{topology="${name}",`), "sockgraph_fault");
      assert.ok(!(await this.#readyz()).some((line) => line.startsWith(`${name}: `)), "/readyz");
      const last = this.news.findLast((one) => one.kind === "health" && one.topology === name);
      assert.equal(last?.kind === "health" ? last.health : null, "Healthy", "event");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#datagrams) await new Promise<void>((resolve) => socket.close(resolve));
    await this.#reading;
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers.keys()) await new Promise((resolve) => server.close(resolve));
    await this.engine[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true });
  }

  #holdDatagrams(): DatagramSocket {
    const socket = createSocket("udp4");
    socket.on("error", () => {}); // Refusals are what is looked for.
    this.#datagrams.push(socket);
    return socket;
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => {}); // Resets are what is looked for.
    socket.on("close", () => this.#sockets.delete(socket));
    socket.resume();
    return socket;
  }

  async #status(name: string): Promise<TopologyStatus> {
    const { topologies } = await this.engine.status();
    const status = topologies.find((one) => one.name === name);
    assert.ok(status !== undefined, `No topology "${name}"`);
    return status;
  }

  async #readyz(): Promise<readonly string[]> {
    const port = { openSession: () => Promise.reject(new TypeError("No session is needed")) };
    const services = engineServices(this.engine, { port });
    const handle = controlHandler({ services, version: VERSION, onBug: () => {}, clock: this.#clock });
    const response = await handle(new Request("http://engine/readyz"));
    const lines = (await response.text()).split("\n");
    assert.equal(response.status, lines[0] === "ok" ? 200 : 503);
    return lines;
  }

  async #read(): Promise<void> {
    for await (const one of this.engine.events({ signal: this.#stop.signal })) this.news.push(one);
  }

  async #until(what: string, check: () => Promise<void>): Promise<number> {
    const start = Date.now();
    for (;;) {
      try {
        await check();
        return Date.now() - start;
      } catch (error) {
        if (Date.now() > start + PATIENCE_MS) throw new Error(`Not so in time: ${what}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL_MS));
    }
  }
}

/** Waits for what calls back, and names it where it does not. */
async function inTime(what: string, begin: (done: () => void) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`Not so in time: ${what}`)), PATIENCE_MS);
  begin(resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

function conditionOf({ conditions }: TopologyStatus, type: string): TopologyStatus["conditions"][number] | undefined {
  return conditions.find((one) => one.type === type);
}

function sample(family: string, labels: string, value: number): RegExp {
  return new RegExp(`^sockgraph_${family}\\{${labels}\\} ${value}$`, "m");
}
