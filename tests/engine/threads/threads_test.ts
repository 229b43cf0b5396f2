/**
 * A graph in two threads, as an engine has it.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { Engine } from "../../../src/engine/engine.ts";
import type { ReportedEvent } from "../../../src/engine/engine_options.ts";
import { SupervisedPort } from "../../../src/engine/worker/supervised_port.ts";
import { startThreads } from "../../../src/engine/threads/threads.ts";
import { describeTypes } from "../../../src/engine/node_catalog.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";
import { hostTurn } from "../../../src/runtimes/posix/turn.ts";
import type { NodeType } from "../../../src/graph/core/node_type.ts";
import type { RuntimeName } from "../../../src/socket/capability.ts";
import type { GraphPort } from "../../../src/graph/port/port.ts";
import type { NodeStatus } from "../../../src/reconcile/status/status_types.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";
import { octetsOf } from "../../conformance/recorder.ts";
import { connected, type Owned, World } from "../../conformance/world.ts";
import { test } from "../../harness.ts";
import { machine, openDriven } from "../../runtimes/posix/subject.ts";
import { descriptors, pollsOfPort } from "../descriptors.ts";
import { breaking } from "../worker/breaking_type.ts";

const { skip } = machine;
const { host: { name: host } } = await detectRuntime();
const LINUX_ONLY = process.platform === "linux" ? null : "only Linux distributes connections over listeners";
const BREAKING = new URL("../worker/breaking_type.ts", import.meta.url).href;

const TOPOLOGY = `
name: t
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 64, accept: { template: back }]
templates:
  back: { nodes: { e: { type: echo } } }
`;

/** How many connections leave one of two threads without any as good as never: 1 in 2^39. */
const MANY = 40;

for (const runtime of [host, "posix"] as const) {
  test(
    `startThreads() serves connections in both threads, and status adds them up (${runtime})`,
    { skip },
    () =>
      withThreads(async ({ engine, connect, front, parts }) => {
        const clients: Owned[] = [];
        for (let count = 0; count < MANY; count++) clients.push(await connect());
        for (const { socket } of clients) socket.send(octetsOf("there and back"), null);
        for (const { owner } of clients) await owner.until(() => owner.text() === "there and back");
        const { connections, notes, hooks } = await front();
        assert.deepEqual([connections?.active, connections?.total], [MANY, MANY]);
        assert.ok(notes.includes("on 2 threads"), notes.join("; "));
        assert.equal(hooks[0]?.in.bytes, MANY * "there and back".length);
        const [first, second] = await parts();
        assert.equal(first + second, MANY);
        assert.ok(first > 0 && second > 0, `${first} and ${second}`);
        const { engine: about } = await engine.status();
        assert.deepEqual([about.runtime, about.threads], [runtime, 2]);
      }, { runtime }),
  );
}

test(
  `A thread that fails costs its own connections, and comes back with its listeners (${host})`,
  { skip: LINUX_ONLY, timeoutMs: 60_000 },
  () =>
    withThreads(async ({ engine, events, connect, front, parts, idsOf }) => {
      const clients: Owned[] = [];
      for (let count = 0; count < MANY; count++) clients.push(await echoing(await connect()));
      const [first, second] = await parts();
      const [copy] = await idsOf(1, "breaking");
      await engine.msg({ path: `[${copy}]:`, command: "break", argument: null });
      await events.next("thread-lost");
      await events.next("thread-restarted");
      while (!(await front()).notes.includes("on 2 threads")) await hostTurn();
      assert.equal((await front()).connections?.active, first);
      const gone = () => clients.filter(({ owner }) => owner.errors.length + owner.endedCount > 0).length;
      while (gone() < second) await hostTurn();
      for (let count = 0; count < MANY; count++) await echoing(await connect());
      assert.ok((await parts())[1] > 0);
      assert.equal(gone(), second);
      assert.ok(!events.heard("graph-lost"));
    }, { runtime: host }),
);

test(
  `A listener in two threads does not take an address that another program has (${host})`,
  { skip },
  () =>
    withThreads(async ({ engine, world, front }) => {
      const taken = world.listen("inet/stream");
      assert.ok(taken.address.family === "inet");
      const port = taken.address.port;
      const [outcome] = await engine.apply(await request({ runtime: host, name: "other", port }), () => {});
      assert.equal(outcome?.result, "rolled-back");
      assert.match(JSON.stringify(outcome), /EADDRINUSE/);
      // Nor one that this engine has.
      const own = Number(/:(\d+)$/.exec((await front()).local ?? "")?.[1]);
      const [again] = await engine.apply(await request({ runtime: host, name: "other", port: own }), () => {});
      assert.equal(again?.result, "rolled-back");
      assert.match(JSON.stringify(again), /EADDRINUSE/);
      // Of two engines in several threads, which share their listeners, one has it.
      await withThreads(async (second) => {
        const wanted = await request({ runtime: host, name: "other", port: own });
        const [outcome] = await second.engine.apply(wanted, () => {});
        assert.equal(outcome?.result, "rolled-back");
      }, { runtime: host });
    }, { runtime: host }),
);

test(
  "A thread that fails costs its own connections, and comes back with its listeners",
  { skip },
  () =>
    withThreads(async ({ breakThread, events, connect, front, parts }) => {
      const clients: Owned[] = [];
      for (let count = 0; count < MANY; count++) clients.push(await echoing(await connect()));
      const [first, second] = await parts();
      await breakThread(1);
      const lost = await events.next("thread-lost");
      assert.deepEqual(lost.kind === "thread-lost" && lost.thread, 2);
      assert.equal((await front()).connections?.active, first);
      await events.next("thread-restarted");
      while ((await front()).notes[0] !== "on 2 threads") await hostTurn();
      const gone = () => clients.filter(({ owner }) => owner.errors.length + owner.endedCount > 0).length;
      while (gone() < second) await hostTurn();
      for (let count = 0; count < MANY; count++) await echoing(await connect());
      assert.ok((await parts())[1] > 0);
      assert.equal(gone(), second);
      assert.equal((await front()).state, "ready");
      assert.ok(!events.heard("graph-lost"));
    }),
);

test(
  "When the first thread fails all restart, and nothing is left of the others",
  { skip },
  () =>
    withThreads(async ({ breakThread, engine, events, connect, front, parts }) => {
      await echoing(await connect());
      await breakThread(0);
      await events.next("graph-restarted");
      assert.equal((await engine.wait({ names: ["t"], timeoutMs: 10_000 })).ready, true);
      assert.deepEqual((await front()).notes, ["on 2 threads"]);
      for (let count = 0; count < MANY; count++) await echoing(await connect());
      const [first, second] = await parts();
      assert.equal(first + second, MANY);
      assert.ok(!events.heard("thread-lost"));
    }),
);

test("startThreads() ends with nothing left open", { skip }, async () => {
  const startAndStop = () => withThreads(async ({ connect }) => void await connect());
  await startAndStop(); // What a runtime opens once, it has opened now.
  await startAndStop();
  const before = descriptors().length;
  for (let cycle = 0; cycle < 3; cycle++) await startAndStop();
  // A thread that was asked to end releases the resources of its host a little later.
  while (descriptors().length > before) await hostTurn();
});

test("startThreads() leaves no thread behind when one does not start", { skip }, async () => {
  let ended = 0;
  const start = async (part: number) => {
    if (part === 1) throw new RangeError("No such thread");
    const worker = await startThreads({ runtime: "posix", clock: systemClock, random: Math.random, threads: 1 });
    void worker.fault.then(() => ended++);
    return worker;
  };
  await assert.rejects(
    startThreads({ runtime: "posix", clock: systemClock, random: Math.random, threads: 3, start }),
    RangeError,
  );
  assert.equal(ended, 2);
});

/** An engine in two threads with a listener, and what happens in it. */
interface Threaded {
  readonly engine: Engine;
  readonly events: Events;
  /** A connection of the test's own, which reads. */
  connect(): Promise<Owned>;
  front(): Promise<NodeStatus>;
  /** Where peers come from. */
  readonly world: World;
  /** The nodes of a type that a thread has. */
  idsOf(part: number, type: string): Promise<readonly string[]>;
  /** How many connections each thread has. */
  parts(): Promise<readonly [number, number]>;
  /** Takes the epoll instance away from under the thread that stands at that place. */
  breakThread(part: number): Promise<void>;
}

/** The connection, once it has brought back what it sent. */
async function echoing(client: Owned): Promise<Owned> {
  client.socket.send(octetsOf("echo"), null);
  await client.owner.until(() => client.owner.text() === "echo");
  return client;
}

/** What has happened, and what is waited for. */
class Events {
  readonly #heard: ReportedEvent[] = [];
  #checks: (() => void)[] = [];

  take(event: ReportedEvent): void {
    this.#heard.push(event);
    for (const check of this.#checks.splice(0)) check();
  }

  heard(kind: ReportedEvent["kind"]): boolean {
    return this.#heard.some((event) => event.kind === kind);
  }

  async next(kind: ReportedEvent["kind"]): Promise<ReportedEvent> {
    for (;;) {
      const found = this.#heard.find((event) => event.kind === kind);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#checks.push(resolve));
    }
  }
}

async function withThreads(
  body: (threaded: Threaded) => Promise<void>,
  { runtime = "posix" }: { readonly runtime?: "deno" | "bun" | "posix" } = {},
): Promise<void> {
  const { clock, process: { pid }, openSockets } = await detectRuntime();
  const peers = runtime === "posix" ? openDriven() : await openSockets(runtime);
  const world = new World(peers, "");
  const events = new Events();
  const modules = runtime === "posix" ? [] : [BREAKING];
  const options = { clock, random: Math.random, modules };
  const start = () => startThreads({ ...options, runtime, threads: 2 });
  try {
    const first = await start();
    const port = new SupervisedPort(first, { ...options, start });
    const { capabilities } = first;
    const graph = { port, capabilities, types: await typesOf(runtime), threads: 2, supervised: port };
    await using engine = new Engine({ graph, clock, pid, onEvent: (event) => events.take(event) });
    await engine.apply(await request({ runtime }), () => {});
    const front = async (): Promise<NodeStatus> => {
      const { topologies: [topology] } = await engine.status();
      const node = topology?.nodes.find(({ name }) => name === "front");
      assert.ok(node);
      return node;
    };
    const tcpPort = async () => Number(/:(\d+)$/.exec((await front()).local ?? "")?.[1]);
    await body({
      engine,
      world,
      events,
      front,
      connect: async () => {
        const client = world.open("inet/stream");
        assert.equal(
          await connected(client.socket, { family: "inet", host: "127.0.0.1", port: await tcpPort() }),
          null,
        );
        client.socket.resume();
        return client;
      },
      parts: async () => {
        const nodes = (await port.snapshot("t", { each: true }))?.nodes ?? [];
        const listener = nodes.find(({ name }) => name === "front");
        const ids = nodes.filter(({ owner }) => owner === listener?.id).map(({ id }) => parseInt(id, 16));
        const even = ids.filter((id) => id % 2 === 0).length;
        return [ids.length - even, even];
      },
      idsOf: async (part, type) => {
        const nodes = (await port.snapshot("t", { each: true }))?.nodes ?? [];
        return nodes.filter((node) => node.type === type && partOf(node.id) === part).map(({ id }) => id);
      },
      breakThread: async (part) => {
        let poll = await pollOfThread(port, { part, port: await tcpPort() });
        while (poll === null) {
          await hostTurn();
          poll = await pollOfThread(port, { part, port: await tcpPort() });
        }
        machine.parts?.libc.close(Number(poll));
        // Whatever wakes it.
        await engine.msg({ path: "t/front:", command: "setconfig", argument: "{ idleTimeout=1h }" }).catch(() => {});
      },
    });
  } finally {
    await peers.close();
  }
}

/** The epoll instance of a thread: that of one of its connections, or the one that none of the other's has. */
async function pollOfThread(graph: GraphPort, { part, port }: { part: number; port: number }): Promise<string | null> {
  const nodes = (await graph.snapshot("t", { each: true }))?.nodes ?? [];
  const clone = nodes.find(({ name, report }) => name === null && (report?.peer ?? null) !== null);
  const peerPort = Number(/:(\d+)$/.exec(clone?.report?.peer ?? "")?.[1]);
  const [known] = pollsOfPort(port, peerPort);
  if (clone === undefined || known === undefined) return null;
  if (partOf(clone.id) === part) return known;
  return pollsOfPort(port, null).find((poll) => poll !== known) ?? null;
}

/** IDs go round the threads, from 1. */
function partOf(id: string): number {
  return (parseInt(id, 16) + 1) % 2;
}

async function typesOf(runtime: RuntimeName): Promise<readonly NodeType[]> {
  const types = await describeTypes(await detectRuntime(), runtime);
  return runtime === "posix" ? types : [...types, breaking];
}

/** Asks for a listener; on the host's own runtime each connection has a node that can end its thread. */
async function request(
  { runtime, name = "t", port = 0 }: { readonly runtime: RuntimeName; readonly name?: string; readonly port?: number },
) {
  const text = TOPOLOGY.replace("name: t", `name: ${name}`).replace("127.0.0.1:0", `127.0.0.1:${port}`)
    .replace("{ nodes: { ", runtime === "posix" ? "{ nodes: { " : "{ entry: e, nodes: { bad: { type: breaking }, ");
  const { topologies: [topology], diagnostics } = loadTopology({
    source: { name: "t.yaml", text },
    types: await typesOf(runtime),
    env: () => null,
    defaultName: "t",
    baseDirectory: "/",
  });
  assert.ok(topology, JSON.stringify(diagnostics));
  const source = { kind: "file" as const, location: `/${name}.yaml`, revision: null };
  return { topologies: [{ state: topology.state, source }], replace: [], rollback: true, waitMs: 5_000 };
}
