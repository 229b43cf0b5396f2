/**
 * A local socket's path that is removed while a topology runs: its node recovers, and its connections continue.
 *
 * @module
 */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { createConnection, type Socket as NetSocket } from "node:net";
import { Engine } from "../../src/engine/engine.ts";
import type { ReportedEvent } from "../../src/engine/engine_options.ts";
import { openGraph } from "../../src/engine/open_graph.ts";
import { describeTypes } from "../../src/engine/node_catalog.ts";
import type { GraphState } from "../../src/graph/data/state.ts";
import type { NodeType } from "../../src/graph/core/node_type.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { temporaryFolder } from "../conformance/folder.ts";
import { octetsOf } from "../conformance/recorder.ts";
import { connected, type Owned, World } from "../conformance/world.ts";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

const SOURCE = { kind: "file", location: "/t.yaml", revision: null } as const;

test("Engine brings a removed path back by its repair, and keeps what was accepted", async () => {
  const path = "/run/front";
  const network = new MemoryNetwork();
  const own = network.openSockets();
  const events: ReportedEvent[] = [];
  {
    await using engine = new Engine({
      sockets: network.openSockets(),
      clock: network.clock,
      pid: 7,
      random: () => 0,
      onEvent: (event) => events.push(event),
    });
    const state = load(path, describeBuiltinTypes(MEMORY_CAPABILITIES));
    await engine.apply({ topologies: [{ state, source: SOURCE }], replace: [], rollback: true, waitMs: 0 }, () => {});
    const world = new World(own, "");
    const client = world.open("local/stream");
    assert.equal(await connected(client.socket, { family: "local", path }), null);
    await answers(client);

    network.removePath(path);
    await network.idle();
    const { topologies: [lost] } = await engine.status();
    const front = lost?.nodes.find(({ name }) => name === "front");
    assert.deepEqual([lost?.health, front?.state, front?.error?.code], ["Degraded", "degraded", "EADDRNOTAVAIL"]);
    assert.equal(front?.error?.message, `Path "${path}" was removed`);
    assert.notEqual(front?.nextRetryAt, null);
    await answers(client);

    await network.advance(1_000);
    const { topologies: [again] } = await engine.status();
    assert.deepEqual([again?.health, again?.sync, again?.generation], ["Healthy", "Synced", 1]);
    assert.equal(again?.nodes.find(({ name }) => name === "front")?.restarts, 1);
    await answers(client);
    const late = world.open("local/stream");
    assert.equal(await connected(late.socket, { family: "local", path }), null);
    await answers(late);
    assert.deepEqual(reported(events), [
      `failed unreachable Path "${path}" was removed`,
      "retry-planned",
      "retry-started",
      "recovered",
    ]);
  }
  await own.close();
});

test("Engine waits for the folder of a path that was removed with it", async () => {
  const path = "/run/front";
  const network = new MemoryNetwork();
  const events: ReportedEvent[] = [];
  const { clock } = network;
  const sockets = network.openSockets();
  await using engine = new Engine({ sockets, clock, pid: 7, random: () => 0, onEvent: (one) => events.push(one) });
  const state = load(path, describeBuiltinTypes(MEMORY_CAPABILITIES));
  await engine.apply({ topologies: [{ state, source: SOURCE }], replace: [], rollback: true, waitMs: 0 }, () => {});
  network.fail(`bind local/"${path}"`, "ENOENT", { times: Infinity });
  network.removePath(path);
  await network.advance(10_000);
  const { topologies: [lost] } = await engine.status();
  const front = lost?.nodes.find(({ name }) => name === "front");
  assert.deepEqual([lost?.health, front?.state, front?.error?.code], ["Degraded", "degraded", "ENOENT"]);
  network.repair(`bind local/"${path}"`);
  await network.advance(30_000);
  const { topologies: [again] } = await engine.status();
  assert.equal(again?.health, "Healthy");
  assert.deepEqual([reported(events).includes("gave-up"), reported(events).at(-1)], [false, "recovered"]);
});

test("Engine leaves no timer when it ends during a repair", async () => {
  const path = "/run/front";
  const network = new MemoryNetwork();
  const { clock } = network;
  const ended = Promise.withResolvers<void>();
  const engine = new Engine({
    sockets: network.openSockets(),
    clock,
    pid: 7,
    onEvent: ({ kind }) => kind === "recovered" && ended.resolve(engine[Symbol.asyncDispose]()),
  });
  const state = load(path, describeBuiltinTypes(MEMORY_CAPABILITIES));
  await engine.apply({ topologies: [{ state, source: SOURCE }], replace: [], rollback: true, waitMs: 0 }, () => {});
  network.removePath(path);
  await network.advance(1_000);
  await ended.promise;
  assert.equal(clock.pending, 0);
});

for (const { name, skip } of realRuntimes) {
  test(`Engine brings a removed path back, and keeps what was accepted (${name})`, { skip }, async () => {
    const folder = temporaryFolder();
    const path = `${folder.path}/front`;
    const runtime = await detectRuntime();
    const events: ReportedEvent[] = [];
    const recovered = Promise.withResolvers<void>();
    const clients: NetSocket[] = [];
    try {
      await using engine = new Engine({
        graph: await openGraph(runtime, name),
        clock: runtime.clock,
        pid: runtime.process.pid,
        onEvent: (event) => {
          events.push(event);
          if (event.kind === "recovered") recovered.resolve();
        },
      });
      const state = load(path, await describeTypes(runtime, name));
      const request = { topologies: [{ state, source: SOURCE }], replace: [], rollback: true, waitMs: 5_000 };
      await engine.apply(request, () => {});
      const early = await connect(path);
      clients.push(early);
      await echoes(early, "before");

      rmSync(path);
      await recovered.promise;
      await echoes(early, "after");
      const late = await connect(path);
      clients.push(late);
      await echoes(late, "again");
      assert.deepEqual(reported(events), [
        `failed unreachable Path "${path}" was removed`,
        "retry-planned",
        "retry-started",
        "recovered",
      ]);
    } finally {
      for (const client of clients) client.destroy();
      folder.remove();
    }
  });
}

/** The events of the node, up to its recovery. */
function reported(events: readonly ReportedEvent[]): readonly string[] {
  return events.flatMap((event) => {
    switch (event.kind) {
      case "failed":
        return [`failed ${event.reason} ${event.error?.message}`];
      case "retry-planned":
      case "retry-started":
      case "recovered":
      case "gave-up":
        return [event.kind];
      default:
        return [];
    }
  });
}

function load(path: string, types: readonly NodeType[]): GraphState {
  const text = `
nodes:
  front:
    type: ksocket
    hook: local/stream/0
    messages: [bind: 'local/"${path}"', listen: 5, accept: { peer: back }]
  back: { type: echo }
`;
  const { topologies: [topology], diagnostics } = loadTopology({
    source: { name: "t.yaml", text },
    types,
    env: () => null,
    defaultName: "t",
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics, []);
  assert.ok(topology);
  return topology.state;
}

async function answers({ socket, owner }: Owned): Promise<void> {
  const end = owner.receivedBytes + 4;
  socket.resume();
  socket.send(octetsOf("ping"), null);
  await owner.until(() => owner.receivedBytes === end);
}

function connect(path: string): Promise<NetSocket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path }, () => resolve(socket));
    socket.once("error", reject);
  });
}

function echoes(socket: NetSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("data", (data) => data.toString() === text ? resolve() : reject(new Error(`Got "${data}"`)));
    socket.once("close", () => reject(new Error("The connection was closed")));
    socket.write(text);
  });
}
