/**
 * Hook: what its counters count.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Hook } from "../../../src/graph/core/hook.ts";
import { Item } from "../../../src/graph/core/item.ts";
import type { Node } from "../../../src/graph/core/node.ts";
import { test } from "../../harness.ts";
import { makeGraph, makeProbe, octets } from "../../support/graph.ts";

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

test("Hook.drop() within a receive takes the item back from its sender only", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const [from, to] = [makeProbe(graph), makeProbe(graph)];
  graph.connect({ node: from.node, hook: "x" }, { node: to.node, hook: "y" });
  const [x, y] = [from.node.hooks.get("x"), to.node.hooks.get("y")];
  if (x === undefined || y === undefined) throw new RangeError("No hooks");
  from.end.send("x", octets("taken"));
  to.onReceive = () => y.drop("too_big", 7);
  from.end.send("x", octets("refused"));
  assert.deepEqual([x.outItems, x.outBytes, y.inItems, y.inBytes], [1, 5, 2, 12]);
  y.drop("queue_full", 1);
  y.dropKept("queue_full", 2);
  assert.deepEqual([x.outItems, y.inItems, y.dropped()], [1, 2, { too_big: 1, queue_full: 2 }]);
  assert.deepEqual([x.row.out, y.row.in, y.row.dropped], [
    { items: 1, bytes: 5 },
    { items: 2, bytes: 12 },
    { too_big: 1, queue_full: 2 },
  ]);
  assert.deepEqual(y.row.droppedBytes, { too_big: 7, queue_full: 3 });
});

test("Hook.drop() distinguishes an item that arrived while another one of the same hook was in progress", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const [from, to] = [makeProbe(graph), makeProbe(graph)];
  graph.connect({ node: from.node, hook: "x" }, { node: to.node, hook: "y" });
  const [x, y] = [from.node.hooks.get("x"), to.node.hooks.get("y")];
  if (x === undefined || y === undefined) throw new RangeError("No hooks");
  let inner = false;
  to.onReceive = () => {
    if (inner) return y.drop("error", 6);
    inner = true;
    from.end.send("x", octets("within"));
  };
  from.end.send("x", octets("around"));
  assert.deepEqual([x.outItems, x.outBytes, y.inItems], [1, 6, 2]);
});
