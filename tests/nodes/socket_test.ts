/**
 * socket: the program's own end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { makeGraph, makeProbe, octets } from "../support/graph.ts";

test("SocketEnd.send() from within a receive leaves what is still being delivered alone", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  const [hub, hole] = [graph.make("hub", { scope: "t" }), graph.make("hole", { scope: "t" })];
  for (const hook of ["a", "b", "c"]) graph.connect({ node: probe.node, hook }, { node: hub, hook });
  graph.connect({ node: probe.node, hook: "aside" }, { node: hole, hook: "x" });
  probe.onReceive = () => void probe.end.send("aside", octets("answer"));
  probe.end.send("a", octets("question"));
  assert.deepEqual(probe.got, ["b question", "c question"]);
});

test("SocketEnd.send() refuses a hook that is not there", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  assert.throws(() => probe.end.send("x", octets("1")), { code: "EHOSTUNREACH" });
});

test("socket stays without hooks until nolinger, then ends with its last one", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  const hub = graph.make("hub", { scope: "t" });
  const join = () => graph.connect({ node: probe.node, hook: "x" }, { node: hub, hook: "x" });
  const path = `[${probe.node.id.toString(16)}]:`;
  join();
  await port.send(path, "rmhook", '{ hook="x" }');
  assert.equal(probe.node.alive, true);
  const other = graph.make("hub", { scope: "t" });
  graph.connect({ node: probe.node, hook: "x" }, { node: other, hook: "x" });
  await port.send(path, "nolinger", null);
  await port.send(path, "rmhook", '{ hook="x" }');
  assert.equal(probe.node.alive, false);
});
