/**
 * Hook: what its counters count.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Hook } from "../../src/graph/hook.ts";
import { Item } from "../../src/graph/item.ts";
import type { Node } from "../../src/graph/node.ts";
import { test } from "../harness.ts";
import { makeGraph, makeProbe, octets } from "../support/graph.ts";

async function makePair(): Promise<{ node: Node; one: Hook; other: Hook; send: (item: Item) => void }> {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const [a, b] = [makeProbe(graph), makeProbe(graph)];
  graph.connect({ node: a.node, hook: "x" }, { node: b.node, hook: "y" });
  const one = a.node.hooks.get("x");
  const other = b.node.hooks.get("y");
  if (one === undefined || other === undefined) throw new RangeError("No hooks");
  a.end.send("x", octets("hello"));
  return { node: a.node, one, other, send: (item) => void one.send(item) };
}

test("Hook.send() counts data at both ends, and no end of file or reset", async () => {
  const { one, other, send } = await makePair();
  send(new Item().signal("eof"));
  send(new Item().signal("abort"));
  assert.deepEqual([one.outItems, one.outBytes, other.inItems, other.inBytes], [1, 5, 1, 5]);
  assert.deepEqual([one.inItems, other.outItems], [0, 0]);
});

test("Hook.send() without a peer drops data, counted, and lets a sign go", async () => {
  const { node } = await makePair();
  const alone = new Hook(node, "alone", false);
  alone.send(new Item().signal("eof"));
  assert.deepEqual(alone.dropped(), {});
  alone.send(new Item());
  assert.deepEqual([alone.dropped(), alone.outItems], [{ no_destination: 1 }, 0]);
});
