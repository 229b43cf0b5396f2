/**
 * split: which way data and signs go, and who is pushed back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Item } from "../../src/graph/core/item.ts";
import { test } from "../harness.ts";
import { makeProbe, octets, probeNode } from "../support/graph.ts";

const ALL = ["in", "out", "mixed"];

test("split sends from in to mixed and from mixed to out", async () => {
  const { at } = await probeNode("split", ALL);
  at("in").end.send("x", octets("1"));
  at("mixed").end.send("x", octets("2"));
  assert.deepEqual([at("in").got, at("out").got, at("mixed").got], [[], ["x 2"], ["x 1"]]);
});

test("split refuses data on out, counted", async () => {
  const { at, node } = await probeNode("split", ALL);
  at("out").end.send("x", octets("1"));
  at("out").end.end("x");
  assert.deepEqual([at("in").got, at("mixed").got], [[], []]);
  assert.deepEqual(node.hooks.get("out")?.dropped(), { error: 1 });
});

test("split drops what has no target, counted", async () => {
  const { at, node } = await probeNode("split", ["mixed"]);
  at("mixed").end.send("x", octets("1"));
  at("mixed").end.end("x");
  assert.deepEqual(node.hooks.get("mixed")?.dropped(), { no_destination: 1 });
});

test("split passes an end of file behind the data, and ends the other direction of in", async () => {
  const { at } = await probeNode("split", ALL);
  at("in").end.send("x", octets("1"));
  at("in").end.end("x");
  assert.deepEqual([at("mixed").got, at("in").got, at("out").got], [["x 1", "x eof"], ["x eof"], []]);
  at("mixed").end.end("x");
  assert.deepEqual([at("out").got, at("in").got], [["x eof"], ["x eof"]]);
});

test("split resets all when one is reset", async () => {
  const { at } = await probeNode("split", ALL);
  at("mixed").node.hooks.get("x")?.send(new Item().signal("abort"));
  assert.deepEqual([at("in").got, at("out").got, at("mixed").got], [["x abort"], ["x abort"], []]);
});

test("split pushes each direction back by itself, and resumes that one", async () => {
  const { at, makeRoom } = await probeNode("split", ALL);
  at("mixed").full = true;
  assert.equal(at("in").end.send("x", octets("1")), false);
  assert.equal(at("mixed").end.send("x", octets("2")), undefined);
  at("out").full = true;
  assert.equal(at("mixed").end.send("x", octets("3")), false);
  makeRoom("mixed");
  assert.deepEqual([at("in").resumed, at("mixed").resumed], [["x"], []]);
  makeRoom("out");
  assert.deepEqual([at("in").resumed, at("mixed").resumed], [["x"], ["x"]]);
});

test("split lets who waits for a side that is gone go on", async () => {
  const { graph, at } = await probeNode("split", ALL);
  at("mixed").full = true;
  at("in").end.send("x", octets("1"));
  graph.shutdown(at("mixed").node);
  assert.deepEqual(at("in").resumed, ["x"]);
});

test("split refuses hooks that it does not have", async () => {
  const { join } = await probeNode("split", []);
  assert.throws(() => join("mixd"), { code: "EINVAL" });
});

test("split passes a reset on where two are joined in a ring, a direction each way", async () => {
  const { graph, node, at } = await probeNode("split", ["mixed"]);
  const other = graph.make("split", { scope: "t" });
  const far = makeProbe(graph);
  graph.connect({ node, hook: "out" }, { node: other, hook: "in" });
  graph.connect({ node: other, hook: "out" }, { node, hook: "in" });
  graph.connect({ node: far.node, hook: "x" }, { node: other, hook: "mixed" });
  at("mixed").node.hooks.get("x")?.send(new Item().signal("abort"));
  assert.deepEqual([at("mixed").got, new Set(far.got)], [[], new Set(["x abort"])]);
  assert.deepEqual(
    [node, other].flatMap(({ hooks }) => [...hooks.values()].map((hook) => hook.dropped())),
    Array(6).fill({}),
  );
});
