/**
 * echo and hole: what comes back, what does not, and that two of them never keep each other busy forever.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Item } from "../../src/graph/core/item.ts";
import { test } from "../harness.ts";
import { makeGraph, makeProbe, octets } from "../support/graph.ts";

async function joinProbe(type: string) {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", `{ type="${type}" ourhook="n" }`);
  const node = graph.scope("t").node("n");
  const probe = makeProbe(graph);
  graph.connect({ node: probe.node, hook: "x" }, { node, hook: "h" });
  return { graph, port, node, probe };
}

test("echo sends data and the end back by the same hook, and pushes its sender back", async () => {
  const { probe } = await joinProbe("echo");
  probe.end.send("x", octets("1"));
  probe.full = true;
  assert.equal(probe.end.send("x", octets("2")), false);
  probe.node.hooks.get("x")?.resume();
  probe.end.end("x");
  assert.deepEqual(probe.got, ["x 1", "x 2", "x eof"]);
  assert.deepEqual(probe.resumed, ["x"]);
});

test("hole swallows and counts by hook, and answers the end at once", async () => {
  const { port, probe } = await joinProbe("hole");
  probe.end.send("x", octets("four"));
  assert.equal((await port.send("t/n:", "getclrstats", '"h"')).text, "{ frames=1 octets=4 }");
  assert.equal((await port.send("t/n:", "getstats", '"h"')).text, "{}");
  probe.end.end("x");
  assert.deepEqual(probe.got, ["x eof"]);
});

for (const type of ["hole", "echo"]) {
  test(`${type} at a ${type} passes an end at most 1,024 times`, async () => {
    const { graph, port } = makeGraph();
    await port.openScope("t");
    const [one, other] = [graph.make(type, { scope: "t" }), graph.make(type, { scope: "t" })];
    graph.connect({ node: one, hook: "x" }, { node: other, hook: "y" });
    const hook = one.hooks.get("x");
    hook?.send(new Item().signal("eof"));
    assert.ok((hook?.outItems ?? 0) + (hook?.inItems ?? 0) <= 1024);
  });
}

test("echo resumes a sender only that it has pushed back", async () => {
  const { probe } = await joinProbe("echo");
  probe.node.hooks.get("x")?.resume();
  assert.deepEqual(probe.resumed, []);
});
