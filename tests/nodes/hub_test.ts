/**
 * hub: what goes where, who is pushed back, and who is cut off.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Node } from "../../src/graph/node.ts";
import { test } from "../harness.ts";
import { makeGraph, makeProbe, octets, type Probe } from "../support/graph.ts";

async function makeHub(probes: number): Promise<{ hub: Node; probes: [Probe, Probe, ...Probe[]]; join(): Probe }> {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const hub = graph.make("hub", { scope: "t" });
  const join = () => {
    const probe = makeProbe(graph);
    graph.connect({ node: probe.node, hook: "x" }, { node: hub, hook: null });
    return probe;
  };
  return { hub, probes: [join(), join(), ...Array.from({ length: probes - 2 }, join)], join };
}

function makeRoom(probe: Probe): void {
  probe.full = false;
  probe.node.hooks.get("x")?.resume();
}

test("hub pushes back both ways at once and resumes each when its own receiver has room", async () => {
  const { probes: [a, b] } = await makeHub(2);
  a.full = true;
  b.full = true;
  assert.equal(a.end.send("x", octets("to b")), false);
  assert.equal(b.end.send("x", octets("to a")), false);
  makeRoom(b);
  assert.deepEqual([a.resumed, b.resumed], [["x"], []]);
  makeRoom(a);
  assert.deepEqual([a.resumed, b.resumed], [["x"], ["x"]]);
});

test("hub keeps a sender pushed back while its receiver is full, whatever the sender itself takes", async () => {
  const { probes: [a, b] } = await makeHub(2);
  b.full = true;
  a.end.send("x", octets("1"));
  makeRoom(a);
  assert.deepEqual(a.resumed, []);
  makeRoom(b);
  assert.deepEqual(a.resumed, ["x"]);
});

test("hub lets a sender go on when a third hook makes copies of its path, and when its receiver is gone", async () => {
  const { hub, probes: [a, b], join } = await makeHub(2);
  b.full = true;
  a.end.send("x", octets("1"));
  const c = join();
  assert.deepEqual(a.resumed, ["x"]);
  assert.equal(a.end.send("x", octets("2")), undefined);
  assert.deepEqual([b.got, c.got], [["x 1"], ["x 2"]]);
  makeRoom(b);
  assert.deepEqual(b.got, ["x 1", "x 2"]);
  assert.equal(hub.hooks.size, 3);
});

test("hub keeps the end of file and the reset of one branch to itself", async () => {
  const { probes: [a, b, c] } = await makeHub(3);
  a.end.end("x");
  assert.deepEqual([b.got, c?.got], [[], []]);
});

test("hub keeps the order of a branch that has room again while it catches up", async () => {
  const { probes: [a, b, c] } = await makeHub(3);
  b.full = true;
  for (const text of ["1", "2", "3"]) a.end.send("x", octets(text));
  let once = true;
  // The first that comes makes the sender send more, before the others are out.
  b.onReceive = () => {
    if (!once) return;
    once = false;
    a.end.send("x", octets("4"));
  };
  makeRoom(b);
  assert.deepEqual(b.got, ["x 1", "x 2", "x 3", "x 4"]);
  assert.deepEqual(c?.got, ["x 1", "x 2", "x 3", "x 4"]);
});

test("hub setpersistent keeps it without hooks", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const hub = graph.make("hub", { scope: "t" });
  const probe = makeProbe(graph);
  graph.connect({ node: probe.node, hook: "x" }, { node: hub, hook: "x" });
  await port.send(`[${hub.id.toString(16)}]:`, "setpersistent", null);
  graph.shutdown(probe.node);
  assert.equal(hub.alive, true);
});
