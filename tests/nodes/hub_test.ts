/**
 * hub: distribution, back-pressure, and receivers that are closed.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Node } from "../../src/graph/core/node.ts";
import { test } from "../harness.ts";
import { makeGraph, makeProbe, octets, type Probe, probeNode } from "../support/graph.ts";

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

test("hub setpolicy block makes all senders wait for that receiver, and getpolicy returns it", async () => {
  const { node, at, msg, makeRoom } = await probeNode("hub", ["a", "b", "c"]);
  await msg("setpolicy", '{ hook="c" policy=block bytes=64KiB }');
  assert.equal(await msg("getpolicy", '"c"'), "{ policy=block bytes=64KiB }");
  at("c").full = true;
  at("b").full = true;
  assert.equal(at("a").end.send("x", octets("1")), false);
  assert.equal(at("b").end.send("x", octets("2")), false);
  makeRoom("b");
  assert.deepEqual(at("a").resumed, []);
  makeRoom("c");
  assert.deepEqual([at("a").resumed, at("b").resumed, at("c").resumed], [["x"], ["x"], []]);
  assert.deepEqual(at("c").got, ["x 1", "x 2"]);
  assert.equal(node.hooks.size, 3);
});

test("hub setpolicy holds for a hook that comes later, and for all by *", async () => {
  const { at, msg, join } = await probeNode("hub", ["a", "b"]);
  await msg("setpolicy", '{ hook="*" policy=block }');
  await msg("setpolicy", '{ hook="d" policy=drop-newest }');
  join("c").full = true;
  assert.equal(at("a").end.send("x", octets("1")), false);
  await msg("setpolicy", '{ hook="*" policy=default }');
  assert.deepEqual(at("a").resumed, ["x"]);
  join("d").full = true;
  assert.equal(at("a").end.send("x", octets("2")), undefined);
});

test("hub with one receiver that may lose does not push back", async () => {
  const { at, msg } = await probeNode("hub", ["a", "b"]);
  await msg("setpolicy", '{ hook="b" policy=drop-newest bytes=64 }');
  at("b").full = true;
  for (const text of ["1", "2", "3"]) assert.equal(at("a").end.send("x", octets(text)), undefined);
  assert.deepEqual(at("b").got, ["x 1"]);
});

test("hub → tee → receiver that does not keep up: a stream loses no middle, its branch ends", async () => {
  const { graph, node, at } = await probeNode("hub", ["a", "b"]);
  const tee = graph.make("tee", { scope: "t" });
  graph.connect({ node, hook: "copies" }, { node: tee, hook: "left" });
  const slow = makeProbe(graph);
  graph.connect({ node: slow.node, hook: "x" }, { node: tee, hook: "right" });
  slow.full = true;
  const piece = () => new Uint8Array(256 * 1024);
  for (let sent = 0; sent < 8; sent++) at("a").end.send("x", piece(), { whole: false });
  assert.equal(slow.got.at(-1), "x abort");
  assert.equal(slow.got.length, 2);
  assert.equal(at("b").got.length, 8);
});
