import assert from "node:assert/strict";
import { openGraph } from "../../src/engine/open_graph.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { ReportedEvent } from "../../src/engine/engine_options.ts";
import { describeTypes } from "../../src/engine/node_catalog.ts";
import { NetgraphError } from "../../src/errors.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { octetsOf } from "../conformance/recorder.ts";
import { connected, World } from "../conformance/world.ts";
import { test } from "../harness.ts";
import { machine, openDriven } from "../runtimes/posix/subject.ts";
import { freePort } from "../support/process.ts";
import { pollOf, sockets } from "./descriptors.ts";

const { skip } = machine;

test("Engine restarts a graph's thread when it fails, and applies everything again", { skip }, async () => {
  const runtime = await detectRuntime();
  const events: ReportedEvent["kind"][] = [];
  const heard = { lost: Promise.withResolvers<void>(), restarted: Promise.withResolvers<void>() };
  const peers = openDriven();
  try {
    const graph = await openGraph(runtime, "posix");
    await using engine = new Engine({
      graph,
      clock: runtime.clock,
      pid: runtime.process.pid,
      onEvent: ({ kind }) => {
        events.push(kind);
        if (kind === "graph-lost") heard.lost.resolve();
        if (kind === "graph-restarted") heard.restarted.resolve();
      },
    });
    const port = await freePort();
    const state = await load(port);
    const source = { kind: "file" as const, location: "/echo.yaml", revision: "sha256:0" };
    const before = new Set(sockets());
    await engine.apply({ topologies: [{ state, source }], replace: [], rollback: true, waitMs: 5_000 }, () => {});
    const listener = sockets().find((fd) => !before.has(fd));
    await echoes(new World(peers, ""), port);
    assert.deepEqual(await counted(engine), { total: 1, bytes: 14 });

    const pending = assert.rejects(engine.msg({ path: "echo/idle:", command: "accept", argument: null }), isLost);
    // Its epoll instance is taken away from under it, and then it is woken.
    machine.parts?.libc.close(pollOf(listener ?? "none"));
    await engine.msg({ path: "echo/front:", command: "getname", argument: null }).catch(() => {});
    await heard.lost.promise;
    await pending;
    const { topologies: [lost] } = await engine.status();
    assert.match(await engine.metrics(), /sockgraph_bytes_total\{topology="echo",node="back",direction="in"\} 14/);
    assert.deepEqual([lost?.health, lost?.generation], ["Degraded", 1]);
    assert.deepEqual(lost?.conditions.map(({ type, status }) => `${type} ${status}`), [
      "Ready False",
      "Reconciling True",
      "Stalled False",
    ]);
    await assert.rejects(engine.export(null), { code: "EBUSY" });
    await assert.rejects(engine.msg({ path: "echo/front:", command: "getname", argument: null }), { code: "EBUSY" });

    await heard.restarted.promise;
    assert.equal((await engine.wait({ names: ["echo"], timeoutMs: 10_000 })).ready, true);
    await echoes(new World(peers, ""), port);
    // What was counted before counts on.
    assert.deepEqual(await counted(engine), { total: 2, bytes: 28 });
    const { topologies: [again] } = await engine.status();
    assert.deepEqual([again?.health, again?.generation, again?.sync], ["Healthy", 1, "Synced"]);
    assert.deepEqual(events.filter((kind) => kind.startsWith("graph-")), ["graph-lost", "graph-restarted"]);
    assert.ok(!events.includes("error"));
  } finally {
    await peers.close();
  }
});

/** Connections of the listener, and what the shared node took. */
async function counted(engine: Engine): Promise<{ readonly total: number | undefined; readonly bytes: number }> {
  const { topologies: [topology] } = await engine.status();
  const node = (name: string) => topology?.nodes.find((one) => one.name === name);
  const bytes = node("back")?.hooks.reduce((sum, hook) => sum + hook.in.bytes, 0) ?? 0;
  return { total: node("front")?.connections?.total, bytes };
}

/** Its number may be another file's by then, at which one cannot wait. */
function isLost(error: unknown): boolean {
  return error instanceof NetgraphError && ["EBADF", "EINVAL"].includes(error.code);
}

/** A new connection on that port brings back what it sends. */
async function echoes(world: World, port: number): Promise<void> {
  const { socket, owner } = world.open("inet/stream");
  assert.equal(await connected(socket, { family: "inet", host: "127.0.0.1", port }), null);
  socket.resume();
  socket.send(octetsOf("there and back"), null);
  await owner.until(() => owner.text() === "there and back");
  socket.close();
}

async function load(port: number) {
  const text = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:${port}", listen: 5, accept: { peer: back }]
  idle: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 5] }
  back: { type: echo }
`;
  const { topologies: [topology], diagnostics } = loadTopology({
    source: { name: "echo.yaml", text },
    types: await describeTypes(await detectRuntime(), "posix"),
    env: () => null,
    defaultName: "echo",
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
  assert.ok(topology);
  return topology.state;
}
