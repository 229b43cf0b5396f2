/**
 * What becomes of ends at a node with many hooks: kept where it is a topology's, passed on where it is a copy's.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Graph } from "../../../src/graph/core/graph.ts";
import { Item } from "../../../src/graph/core/item.ts";
import { test } from "../../harness.ts";
import { makeGraph, makeProbe, octets, type Probe } from "../../support/graph.ts";

interface Copied {
  readonly graph: Graph;
  readonly probes: readonly Probe[];
  end(index: number): void;
  reset(index: number): void;
  got(): readonly (readonly string[])[];
}

/** A node in the copy of a connection, with a probe at each of its hooks. */
async function copied(type: string, hooks: readonly string[]): Promise<Copied> {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const owner = graph.make("hole", { scope: "t" });
  const node = graph.make(type, { scope: "t", owner });
  const probes = hooks.map((hook) => {
    const probe = makeProbe(graph);
    graph.connect({ node: probe.node, hook: "x" }, { node, hook });
    return probe;
  });
  const hookOf = (index: number) => probes[index]?.node.hooks.get("x");
  return {
    graph,
    probes,
    end: (index) => void probes[index]?.end.end("x"),
    reset: (index) => void hookOf(index)?.send(new Item().signal("abort", "reset")),
    got: () => probes.map(({ got }) => got),
  };
}

const PATHS: readonly (readonly [type: string, hooks: readonly [string, string]])[] = [
  ["hub", ["a", "b"]],
  ["bridge", ["link0", "link1"]],
  ["one2many", ["one", "many0"]],
  ["one2many", ["many3", "one"]],
];

for (const [type, hooks] of PATHS) {
  test(`${type} in a copy passes ends from ${hooks[0]} to ${hooks[1]} and back`, async () => {
    const { end, got } = await copied(type, hooks);
    end(0);
    assert.deepEqual(got(), [[], ["x eof"]]);
    end(1);
    assert.deepEqual(got(), [["x eof"], ["x eof"]]);
  });

  test(`${type} in a copy passes a reset from ${hooks[0]} to ${hooks[1]}, also behind an end`, async () => {
    const { end, reset, got } = await copied(type, hooks);
    end(0);
    reset(0);
    assert.deepEqual(got(), [[], ["x eof", "x abort"]]);
  });
}

test("hub in a copy passes each end once", async () => {
  const { end, reset, got } = await copied("hub", ["a", "b"]);
  for (const pass of [end, end, reset, reset, end]) pass(0);
  assert.deepEqual(got(), [[], ["x eof", "x abort"]]);
});

test("hub in a copy ends a branch when all others have ended, and a silent one's reset is a plain end", async () => {
  const { probes, end, reset, got } = await copied("hub", ["client", "up", "collector"]);
  reset(2);
  assert.deepEqual(got(), [[], [], []]);
  end(0);
  assert.deepEqual(got(), [[], ["x eof"], []]);
  probes[1]?.end.send("x", octets("1"));
  reset(1);
  assert.deepEqual(got(), [["x 1", "x abort"], ["x eof"], ["x 1", "x abort"]]);
});

test("hub in a copy ends a branch when the last one that had not ended is gone", async () => {
  const { graph, probes, end, got } = await copied("hub", ["client", "up", "collector"]);
  end(0);
  assert.deepEqual(got()[1], []);
  if (probes[2] !== undefined) graph.shutdown(probes[2].node);
  assert.deepEqual(got()[1], ["x eof"]);
});

test("hub in a copy sends an end behind what waits, and a reset instead of it, counted", async () => {
  const { probes: [a, b], end, reset, got } = await copied("hub", ["a", "b"]);
  assert.ok(a !== undefined && b !== undefined);
  b.full = true;
  for (const text of ["1", "2"]) a.end.send("x", octets(text));
  end(0);
  assert.deepEqual(got()[1], ["x 1"]);
  reset(0);
  assert.deepEqual(got()[1], ["x 1", "x abort"]);
  const hook = b.node.hooks.get("x")?.peer;
  assert.deepEqual(hook?.droppedBytes(), { reset: 1 });
});
