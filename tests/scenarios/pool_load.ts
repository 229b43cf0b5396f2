/**
 * New connections to a pool of three nginx, which are killed and come back, through the command line as people use it.
 * As a program it prints its figures: `deno run -A --unstable-net tests/scenarios/pool_load.ts posix 2`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- It is also a program, whose product is what it prints.

import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as after } from "node:timers/promises";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";
import { STATUS } from "../../src/api/operations/status.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import type { Runtime } from "../../src/runtimes/runtime.ts";
import { PERMISSIONS, TestFolder } from "../cli/program.ts";
import { type Server, startNginx } from "../support/peers.ts";
import { freePort } from "../support/process.ts";

/** What is run. */
export interface PoolLoadOptions {
  /** The path of nginx. */
  readonly nginx: string;
  readonly runtime: string;
  readonly permissions: readonly string[];
  readonly threads: number;
  /** New connections per second. */
  readonly rate: number;
  /** The number of connections in each part of the run. */
  readonly connections: number;
}

/** The exit code of `status`, and the status code of `/readyz`. */
export type Codes = readonly [exitCode: number | null, readyz: number];

/** What was measured; times in milliseconds. */
export interface PoolLoadFigures {
  /** Connections while at least two servers ran. */
  readonly connections: number;
  /** Why connections failed that began after the killed server had ended, or long before. */
  readonly failed: readonly string[];
  /** Connections that failed because they were open, or in the queue of the server, when it was killed. */
  readonly failedWithServer: number;
  /** From the end of one server until the status and the metrics show it. */
  readonly statusMs: number;
  readonly metricsMs: number;
  /** With one of three servers down. */
  readonly degraded: Codes;
  /** From the start of the server until it has a connection. */
  readonly backMs: number;
  /** From the end of all servers until the status shows it. */
  readonly noneMs: number;
  readonly none: Codes;
  /** When all are back. */
  readonly healthy: Codes;
}

const NAMES = ["one", "two", "three"];
const PAUSE_MS = 10;
const ANSWER = "hello from nginx\n";

/** Runs it. */
export async function measurePoolLoad(options: PoolLoadOptions): Promise<PoolLoadFigures> {
  await using cleanup = new AsyncDisposableStack();
  const place = cleanup.use(await TestFolder.open());
  const servers = cleanup.use(await Servers.start(options.nginx, place.folder));
  const front = await freePort();
  await place.write("pool.yaml", topologyOf(front, servers.ports));
  const { runtime, threads, permissions, connections } = options;
  const shared = threads === 1 ? [] : ["--threads", String(threads)];
  const engine = place.startWith(permissions, "apply", "--runtime", runtime, ...shared, "pool.yaml");
  await engine.says(/ready +inet\//);
  const watch = new Watch(place, await detectRuntime());

  const load = cleanup.use(new Load(front, options.rate));
  await load.more(connections);
  const killedAt = performance.now();
  await servers.kill(0);
  const endedAt = performance.now();
  const [statusMs, metricsMs] = await Promise.all([
    watch.until((pool) => pool.faults[0]?.reason === "TargetsDown"),
    watch.untilMetrics(/sockgraph_target_up\{[^}]*"one"[^}]*\} 0/),
  ]);
  const degraded = await watch.codes();
  await load.more(connections);
  const before = await watch.totalOf("one");
  await servers.start(0);
  const backMs = await watch.until(({ targets = [] }) => (targets[0]?.total ?? 0) > before);
  await load.more(connections);
  await load.stop();

  const clients = cleanup.use(new Load(front, 20));
  await Promise.all(NAMES.map((_, at) => servers.kill(at)));
  const noneMs = await watch.until((pool) => pool.faults[0]?.reason === "NoTargetUp");
  const none = await watch.codes();
  await clients.stop();
  await Promise.all(NAMES.map((_, at) => servers.start(at)));
  await watch.until(({ faults }) => faults.length === 0);
  const healthy = await watch.codes();
  return { ...load.figures(killedAt, endedAt), statusMs, metricsMs, degraded, backMs, noneMs, none, healthy };
}

function topologyOf(front: number, ports: readonly number[]): string {
  const targets = ports.map((port, at) => `{ to: "inet/127.0.0.1:${port}", name: ${NAMES[at]} }`);
  return `
name: pool
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:${front}", listen: 512, accept: { connect: pool/web }]
  web: { type: pool, messages: [settargets: [${targets.join(", ")}]] }
`;
}

/** The servers behind the pool, each at its own port. */
class Servers implements AsyncDisposable {
  readonly ports: readonly number[];
  readonly #nginx: string;
  readonly #folder: string;
  readonly #running: (Server | null)[] = NAMES.map(() => null);

  private constructor(
    nginx: string,
    { folder, ports }: { readonly folder: string; readonly ports: readonly number[] },
  ) {
    this.#nginx = nginx;
    this.#folder = folder;
    this.ports = ports;
  }

  static async start(nginx: string, folder: string): Promise<Servers> {
    const ports = new Set<number>();
    while (ports.size < NAMES.length) ports.add(await freePort());
    const servers = new Servers(nginx, { folder, ports: [...ports] });
    for (const at of NAMES.keys()) await servers.start(at);
    return servers;
  }

  async start(at: number): Promise<void> {
    const folder = join(this.#folder, NAMES[at] ?? "");
    await mkdir(folder, { recursive: true });
    this.#running[at] = await startNginx(this.#nginx, folder, { port: this.ports[at] ?? 0 });
  }

  async kill(at: number): Promise<void> {
    await this.#running[at]?.kill();
    this.#running[at] = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((server) => server?.[Symbol.asyncDispose]()));
  }
}

/** What operators see. */
class Watch {
  readonly #place: TestFolder;
  readonly #runtime: Runtime;

  constructor(place: TestFolder, runtime: Runtime) {
    this.#place = place;
    this.#runtime = runtime;
  }

  /** Milliseconds until the status of the pool matches. */
  async until(holds: (pool: Pick<NodeStatus, "faults" | "targets">) => boolean): Promise<number> {
    return await this.#poll(async () => holds(await this.#pool()));
  }

  /** Milliseconds until the metrics match. */
  async untilMetrics(pattern: RegExp): Promise<number> {
    return await this.#poll(async () => pattern.test(await (await this.#ask(STATUS.metrics.path)).text()));
  }

  async totalOf(target: string): Promise<number> {
    return (await this.#pool()).targets?.find(({ name }) => name === target)?.total ?? 0;
  }

  async codes(): Promise<Codes> {
    const response = await this.#ask(STATUS.readyz.path);
    await response.text();
    return [(await this.#place.call("status")).code, response.status];
  }

  async #poll(isDone: () => Promise<boolean>): Promise<number> {
    const start = performance.now();
    while (!await isDone()) await after(PAUSE_MS);
    return Math.round(performance.now() - start);
  }

  async #pool(): Promise<NodeStatus> {
    const status = STATUS.status.parse(await (await this.#ask(STATUS.status.path)).text());
    const pool = status.topologies[0]?.nodes.find(({ name }) => name === "web");
    if (pool === undefined) throw new Error("The pool is gone");
    return pool;
  }

  async #ask(target: string): Promise<Response> {
    return await this.#runtime.control.fetch(this.#place.control, { method: "GET", target });
  }
}

/** One client. */
interface Request {
  readonly startedAt: number;
  endedAt: number;
  /** Why it failed; null if it was served. */
  error: string | null;
}

/** Clients that come at a rate, each with a connection of its own, whether or not those before were answered. */
class Load implements AsyncDisposable {
  readonly #port: number;
  readonly #rate: number;
  readonly #ended: Request[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #coming: Promise<void>;
  #isOver = false;

  constructor(port: number, rate: number) {
    this.#port = port;
    this.#rate = rate;
    this.#coming = this.#come();
  }

  /** Waits until so many more clients have left. */
  async more(count: number): Promise<void> {
    const desired = this.#ended.length + count;
    while (this.#ended.length < desired) await after(PAUSE_MS);
  }

  /** Waits until the last client has left. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#coming;
    await Promise.all(this.#open);
  }

  /** The outcomes, where a server was killed meanwhile. */
  figures(
    killedAt: number,
    goneAt: number,
  ): Pick<PoolLoadFigures, "connections" | "failed" | "failedWithServer"> {
    const failed = this.#ended.filter(({ error }) => error !== null);
    const withServer = failed.filter(({ startedAt, endedAt }) => startedAt <= goneAt && endedAt >= killedAt);
    const others = failed.filter((one) => !withServer.includes(one));
    return {
      connections: this.#ended.length,
      failed: others.map(({ error, startedAt }) => `${error} ${Math.round(startedAt - goneAt)} ms after the kill`),
      failedWithServer: withServer.length,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #come(): Promise<void> {
    const start = performance.now();
    let count = 0;
    while (!this.#isOver) {
      const due = (performance.now() - start) * this.#rate / 1_000;
      for (; count < due; count++) {
        const served = this.#request().finally(() => this.#open.delete(served));
        this.#open.add(served);
      }
      await after(PAUSE_MS);
    }
  }

  async #request(): Promise<void> {
    const startedAt = performance.now();
    const error = await answerOf(this.#port);
    this.#ended.push({ startedAt, endedAt: performance.now(), error });
  }
}

/** Why a request was not answered; null if it was. */
function answerOf(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    let answer = "";
    let failure: string | null = null;
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.0\r\n\r\n"));
    socket.on("data", (chunk) => answer += chunk);
    socket.on("error", (error) => failure = error.message);
    socket.on("close", () => resolve(answer.endsWith(ANSWER) ? null : failure ?? `ended after "${answer}"`));
  });
}

async function main([runtime = "posix", threads = "1", rate = "200", connections = "600"]: readonly string[]) {
  const figures = await measurePoolLoad({
    nginx: "nginx",
    runtime,
    permissions: runtime === "posix" ? [...PERMISSIONS, "--allow-ffi"] : PERMISSIONS,
    threads: Number(threads),
    rate: Number(rate),
    connections: Number(connections),
  });
  console.log(`${runtime} ${threads}: ${JSON.stringify(figures)}`);
}

if (import.meta.main) await main(process.argv.slice(2));
