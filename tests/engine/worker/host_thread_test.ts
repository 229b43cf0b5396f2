/**
 * A graph over the host's own sockets in a thread of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { createConnection } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Engine } from "../../../src/engine/engine.ts";
import type { ReportedEvent } from "../../../src/engine/engine_options.ts";
import { openGraph } from "../../../src/engine/open_graph.ts";
import { loadExtraTypes } from "../../../src/engine/worker/node_modules.ts";
import { EarlyWorker } from "../../../src/engine/worker/start_worker.ts";
import { startWorkerPort } from "../../../src/engine/worker/worker_port.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";
import { test } from "../../harness.ts";
import { freePort, run } from "../../support/process.ts";

const runtime = await detectRuntime();
const { clock, host: { name: host } } = runtime;
const BREAKING = new URL("breaking_type.ts", import.meta.url).href;

test("startWorkerPort() serves what was sent before its modules are loaded, in order", async () => {
  const { port, fault } = await startWorkerPort({ runtime: host, clock });
  const answers = await Promise.all([port.openScope("a"), port.openScope("b"), port.scopes()]);
  assert.deepEqual(answers[2], ["a", "b"]);
  await port.close();
  assert.equal(await fault, null);
});

test("startWorkerPort() takes a thread that was started before, once", async () => {
  using early = new EarlyWorker(host);
  assert.equal(early.take("memory"), null);
  const { port } = await startWorkerPort({ runtime: host, clock, worker: early.take(host) });
  assert.equal(early.take(host), null);
  await port.openScope("a");
  assert.deepEqual(await port.scopes(), ["a"]);
  await port.close();
});

test("startWorkerPort() fails for a module of node types that cannot be loaded", async () => {
  const modules = ["file:///nowhere/types.ts"];
  await assert.rejects(startWorkerPort({ runtime: host, clock, modules }), { code: "ENOENT" });
});

test("WorkerPort.fault reports an error that ends the thread, and so do all calls that wait", async () => {
  const { port, fault } = await startWorkerPort({ runtime: host, clock, modules: [BREAKING] });
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="breaking" ourhook="bad" peerhook="x" }');
  await port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="front" peerhook="inet/stream/tcp" }');
  await port.send("t/front:", "bind", "inet/127.0.0.1:0");
  await port.send("t/front:", "listen", "1");
  await port.send("t/:", "release", null);
  const rejected = assert.rejects(port.send("t/front:", "accept", null), { code: "EIO" });
  await port.send("t/bad:", "break", null);
  const error = await fault;
  assert.match(error?.message ?? "", /the thread breaks/);
  await rejected;
  await assert.rejects(port.scopes(), { code: "EIO" });
});

test("Engine starts a thread again that has failed, and applies everything again", async () => {
  const heard = { lost: Promise.withResolvers<void>(), restarted: Promise.withResolvers<void>() };
  const graph = await openGraph(runtime, host, { extra: await loadExtraTypes([BREAKING]) });
  await using engine = new Engine({
    graph,
    clock,
    pid: process.pid,
    onEvent: ({ kind }: ReportedEvent) => {
      if (kind === "graph-lost") heard.lost.resolve();
      if (kind === "graph-restarted") heard.restarted.resolve();
    },
  });
  const port = await freePort();
  await engine.apply({ topologies: [wanted(engine, port)], replace: [], rollback: true, waitMs: 5_000 }, () => {});
  await echoes(port);
  // What was counted by the last look goes on.
  await engine.status();
  // The thread may end before its reply is read.
  await engine.msg({ path: "t/bad:", command: "break", argument: null }).catch(() => {});
  await heard.lost.promise;
  await heard.restarted.promise;
  assert.equal((await engine.wait({ names: ["t"], timeoutMs: 10_000 })).ready, true);
  await echoes(port);
  const { topologies: [again] } = await engine.status();
  assert.deepEqual([again?.health, again?.generation, again?.sync], ["Healthy", 1, "Synced"]);
  assert.equal(again?.nodes.find(({ name }) => name === "front")?.connections?.total, 2);
});

test("A process ends by itself when the thread of its graph was stopped", async () => {
  const child = fileURLToPath(new URL("worker_child.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "-A", "--no-prompt", child, host] : [child, host];
  const { code, stdout, stderr } = await run(process.execPath, args);
  assert.deepEqual([code, new TextDecoder().decode(stdout).trim()], [0, "stopped"], stderr);
});

function wanted(engine: Engine, port: number) {
  const text = `
name: t
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:${port}", listen: 5, accept: { peer: back }]
  back: { type: echo }
  bad: { type: breaking }
`;
  const { topologies: [topology], diagnostics } = loadTopology({
    source: { name: "t.yaml", text },
    types: engine.types,
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  assert.ok(topology, JSON.stringify(diagnostics));
  return { state: topology.state, source: { kind: "file" as const, location: "/t.yaml", revision: null } };
}

async function echoes(port: number): Promise<void> {
  const socket = createConnection(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("there and back");
  let text = "";
  for await (const piece of socket.setEncoding("utf8")) {
    text += piece;
    if (text.length >= 14) break;
  }
  assert.equal(text, "there and back");
}
