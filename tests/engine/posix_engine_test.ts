import assert from "node:assert/strict";
import { emptyGraph, openGraph } from "../../src/engine/open_graph.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeTypes } from "../../src/engine/node_catalog.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import type { GraphState } from "../../src/graph/data/state.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { octetsOf } from "../conformance/recorder.ts";
import { connected, World } from "../conformance/world.ts";
import { test } from "../harness.ts";
import { machine, openDriven } from "../runtimes/posix/subject.ts";

const { skip } = machine;

test("Engine over runtime posix applies a topology, carries data, and stops", { skip }, async () => {
  const runtime = await detectRuntime();
  const sockets = openDriven();
  try {
    const world = new World(sockets, "");
    await using engine = new Engine({
      graph: await openGraph(runtime, "posix"),
      clock: runtime.clock,
      pid: runtime.process.pid,
    });
    const state = await load();
    const source = { kind: "file" as const, location: "/echo.yaml", revision: "sha256:0" };
    const request = { topologies: [{ state, source }], replace: [], rollback: true, waitMs: 5_000 };
    const [outcome] = await engine.apply(request, () => {});
    assert.deepEqual([outcome?.result, outcome?.ready], ["applied", true]);
    const { engine: { runtime: name }, topologies: [topology] } = await engine.status();
    assert.deepEqual([name, topology?.health], ["posix", "Healthy"]);
    const port = Number(/:(\d+)$/.exec(topology?.nodes[0]?.local ?? "")?.[1]);
    const client = world.open("inet/stream");
    assert.equal(await connected(client.socket, { family: "inet", host: "127.0.0.1", port }), null);
    client.socket.resume();
    client.socket.send(octetsOf("there and back"), null);
    await client.owner.until(() => client.owner.text() === "there and back");
  } finally {
    await sockets.close();
  }
});

test("emptyGraph() plans for posix and opens nothing", async () => {
  const runtime = await detectRuntime();
  const graph = await emptyGraph(runtime, "posix");
  await using engine = new Engine({ graph, clock: runtime.clock, pid: runtime.process.pid });
  const state = await load();
  const source = { kind: "file" as const, location: "/echo.yaml", revision: "sha256:0" };
  const [result] = await engine.plan({ topologies: [{ state, source }], replace: [] });
  assert.match(result?.text ?? "", /mkpeer ksocket front/);
});

test("loadTopology() accepts TLS on posix", async () => {
  const text = "nodes: { front: { type: ksocket, hook: inet/stream/tls } }";
  const { diagnostics } = loadTopology({
    source: { name: "tls.yaml", text },
    types: await describeTypes(await detectRuntime(), "posix"),
    env: () => null,
    defaultName: "tls",
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics, []);
});

async function load(): Promise<GraphState> {
  const text = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 5, accept: { peer: back }]
  back: { type: echo }
`;
  const { topologies: [topology], diagnostics } = loadTopology({
    source: { name: "echo.yaml", text },
    types: await describeTypes(await detectRuntime(), "posix"),
    env: () => null,
    defaultName: "echo",
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics, []);
  assert.ok(topology);
  return topology.state;
}
