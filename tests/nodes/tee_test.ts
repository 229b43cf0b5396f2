/**
 * tee: the path, its copies, what is injected, and that a tap never stops the path.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dispatch } from "../../src/graph/message/dispatch.ts";
import { test } from "../harness.ts";
import { makeGraph, makeProbe, octets, type Probe, probeNode } from "../support/graph.ts";
import { followPath } from "../../src/graph/message/follow.ts";

async function makeTee(hooks: readonly string[]) {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="tee" ourhook="tap" }', { declared: true });
  const tee = graph.scope("t").node("tap");
  const probes = new Map<string, Probe>();
  for (const hook of hooks) {
    const probe = makeProbe(graph);
    probes.set(hook, probe);
    graph.connect({ node: probe.node, hook: "x" }, { node: tee, hook });
  }
  const at = (hook: string): Probe => {
    const probe = probes.get(hook);
    if (probe === undefined) throw new RangeError(`No probe at "${hook}"`);
    return probe;
  };
  return { graph, port, tee, at };
}

const ALL = ["left", "right", "left2right", "right2left"];

test("tee pushes back on its path, and resumes that side only", async () => {
  const { at } = await makeTee(ALL);
  at("right").full = true;
  assert.equal(at("left").end.send("x", octets("1")), false);
  assert.equal(at("right").end.send("x", octets("2")), undefined);
  at("right").node.hooks.get("x")?.resume();
  assert.deepEqual([at("left").resumed, at("right").resumed], [["x"], []]);
});

test("tee keeps copies for a tap that is full, and the path goes on", async () => {
  const { at } = await makeTee(ALL);
  const tap = at("left2right");
  tap.full = true;
  for (const text of ["1", "2", "3"]) assert.equal(at("left").end.send("x", octets(text)), undefined);
  assert.deepEqual(at("right").got, ["x 1", "x 2", "x 3"]);
  assert.deepEqual(tap.got, ["x 1"]);
  tap.full = false;
  tap.node.hooks.get("x")?.resume();
  assert.deepEqual(tap.got, ["x 1", "x 2", "x 3"]);
});

test("tee pushes an injector back, and resumes it", async () => {
  const { at } = await makeTee(ALL);
  at("left").full = true;
  assert.equal(at("left2right").end.send("x", octets("1")), false);
  at("left").node.hooks.get("x")?.resume();
  assert.deepEqual(at("left2right").resumed, ["x"]);
  assert.deepEqual(at("right2left").resumed, []);
});

test("tee setconfig inject=false drops what comes in by a tap, counted, and ends of file of taps uncounted", async () => {
  const { port, tee, at } = await makeTee(ALL);
  await port.send("t/tap:", "setconfig", "{ inject=false }");
  at("left2right").end.send("x", octets("1"));
  at("left2right").end.end("x");
  assert.deepEqual(at("left").got, []);
  assert.deepEqual(tee.hooks.get("left2right")?.dropped(), { no_destination: 1 });
});

test("tee drops and counts data without a receiver at the other side", async () => {
  const { tee, at } = await makeTee(["left"]);
  at("left").end.send("x", octets("1"));
  assert.deepEqual(tee.hooks.get("left")?.dropped(), { no_destination: 1 });
});

test("tee lets who waits for a side that is gone go on", async () => {
  const { graph, at } = await makeTee(ALL);
  at("right").full = true;
  at("left").end.send("x", octets("1"));
  graph.shutdown(at("right").node);
  assert.deepEqual(at("left").resumed, ["x"]);
});

test("tee counts by hook, and clrstats and getclrstats reset the counters", async () => {
  const { port, at } = await makeTee(ALL);
  at("left").end.send("x", octets("four"));
  const zero = "{ }";
  const one = (await port.send("t/tap:", "getclrstats", null)).text ?? "";
  assert.match(one, /left=\{ inOctets=4 inFrames=1 \}/);
  assert.match(one, /right=\{ outOctets=4 outFrames=1 \}/);
  assert.match(one, /left2right=\{ outOctets=4 outFrames=1 \}/);
  assert.doesNotMatch((await port.send("t/tap:", "getstats", null)).text ?? "", /[1-9]/, zero);
});

test("tee refuses a hook that it does not have, and one twice", async () => {
  const { graph, tee, at } = await makeTee(["left"]);
  const probe = at("left");
  assert.throws(() => graph.connect({ node: probe.node, hook: "y" }, { node: tee, hook: "lefft" }), { code: "EINVAL" });
  assert.throws(() => graph.connect({ node: probe.node, hook: "y" }, { node: tee, hook: "left" }), { code: "EEXIST" });
  assert.throws(() => graph.connect({ node: probe.node, hook: "y" }, { node: tee, hook: null }), { code: "EINVAL" });
  assert.deepEqual([...probe.node.hooks.keys()], ["x"]);
});

test("tee that leads to itself resumes a waiting sender once, not forever", async () => {
  const { graph, tee, at } = await makeTee(["left2right"]);
  graph.connect({ node: tee, hook: "left" }, { node: tee, hook: "right" });
  graph.shutdown(at("left2right").node);
  assert.deepEqual([...tee.hooks.keys()].sort(), ["left", "right"]);
});

test("tee between two echoes resumes a waiting sender once, not forever", async () => {
  const { graph, tee, at } = await makeTee(["left2right"]);
  for (const hook of ["left", "right"]) {
    graph.connect({ node: graph.make("echo", { scope: "t" }), hook: "x" }, { node: tee, hook });
  }
  graph.shutdown(at("left2right").node);
  tee.hooks.get("left")?.resume();
  assert.equal(tee.hooks.size, 2);
});

test("tee setpolicy block makes the path wait for a tap, and getpolicy returns it", async () => {
  const { port, at } = await makeTee(ALL);
  await port.send("t/tap:", "setpolicy", '{ hook="left2right" policy=block }');
  const read = async (hook: string) => (await port.send("t/tap:", "getpolicy", `"${hook}"`)).text;
  assert.equal(await read("left2right"), "{ policy=block }");
  assert.equal(await read("right2left"), "{ policy=default }");
  at("left2right").full = true;
  assert.equal(at("left").end.send("x", octets("1")), false);
  at("right").node.hooks.get("x")?.resume();
  assert.deepEqual(at("left").resumed, []);
  at("left2right").full = false;
  at("left2right").node.hooks.get("x")?.resume();
  assert.deepEqual([at("left").resumed, at("right").resumed], [["x"], []]);
});

test("tee setpolicy lets who waits for a tap go on when it blocks no more", async () => {
  const { port, at } = await makeTee(ALL);
  await port.send("t/tap:", "setpolicy", '{ hook="*" policy=block }');
  at("left2right").full = true;
  at("left").end.send("x", octets("1"));
  await port.send("t/tap:", "setpolicy", '{ hook="*" policy=drop-oldest bytes=64KiB }');
  assert.deepEqual(at("left").resumed, ["x"]);
});

test("tee setpolicy refuses a hook that is no tap", async () => {
  const { port } = await makeTee(ALL);
  await assert.rejects(port.send("t/tap:", "setpolicy", '{ hook="left" policy=block }'), { code: "EINVAL" });
});

test("tee pushes back for a tap that is the path", async () => {
  const { at } = await makeTee(["left", "left2right"]);
  at("left2right").full = true;
  assert.equal(at("left").end.send("x", octets("1")), false);
  at("left2right").node.hooks.get("x")?.resume();
  assert.deepEqual(at("left").resumed, ["x"]);
});

test("tee passes on how links are, between left and right only", async () => {
  const { at, graph } = await probeNode("tee", ["left", "right", "left2right"]);
  const say = (hook: string, command: string) => {
    const { node } = at(hook);
    const by = node.hooks.get("x")?.peer ?? null;
    return dispatch(graph, followPath(graph, "x", node).node, { command, argument: null }, {
      from: node,
      by,
      declared: false,
    });
  };
  say("left", "linkisdown");
  say("right", "linkisup");
  assert.deepEqual([at("left").reported, at("right").reported, at("left2right").reported], [["x linkisup"], [
    "x linkisdown",
  ], []]);
  assert.throws(() => say("left2right", "linkisup"), { code: "EINVAL" });
});

test("tees in a ring do not pass on the state of a link forever", async () => {
  const { graph, node, at } = await probeNode("tee", ["left2right"]);
  graph.connect({ node, hook: "left" }, { node, hook: "right" });
  const by = node.hooks.get("left") ?? null;
  const options = { from: at("left2right").node, by, declared: false };
  assert.throws(() => dispatch(graph, node, { command: "linkisup", argument: null }, options), { code: "EINVAL" });
});
