/**
 * BackPressure: only senders that were stopped are resumed, once each.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BackPressure } from "../../../src/graph/core/back_pressure.ts";
import { Hook } from "../../../src/graph/core/hook.ts";
import { Item } from "../../../src/graph/core/item.ts";
import { test } from "../../harness.ts";
import { makeGraph, makeProbe } from "../../support/graph.ts";

/** A node with hooks `a` and `b`, each with a probe's hook of the same name at its other end. */
async function joinTwo() {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const node = graph.make("hole", { scope: "t" });
  const probe = makeProbe(graph);
  for (const hook of ["a", "b"]) graph.connect({ node: probe.node, hook }, { node, hook });
  const [a, b] = [node.hooks.get("a"), node.hooks.get("b")];
  assert.ok(a instanceof Hook && b instanceof Hook);
  return { probe, a, b, pressure: new BackPressure() };
}

test("BackPressure resumes a sender that it has stopped, once, and no other", async () => {
  const { probe, a, b, pressure } = await joinTwo();
  pressure.resume(a);
  assert.equal(pressure.stop(a), false);
  pressure.stop(a);
  pressure.resume(b);
  pressure.resume(null);
  assert.deepEqual(probe.resumed, []);
  pressure.resume(a);
  pressure.resume(a);
  assert.deepEqual(probe.resumed, ["a"]);
});

test("BackPressure.forward stops the sender of an item whose receiver is full", async () => {
  const { probe, a, b, pressure } = await joinTwo();
  assert.equal(pressure.forward(new Item(), { from: a, to: b }), undefined);
  pressure.resume(a);
  assert.deepEqual(probe.resumed, []);
  probe.full = true;
  assert.equal(pressure.forward(new Item(), { from: a, to: b }), false);
  pressure.resume(a);
  assert.deepEqual(probe.resumed, ["a"]);
});

test("BackPressure.resumeAll leaves those stopped that must wait, also where one before them has filled the receiver", async () => {
  const { probe, a, b, pressure } = await joinTwo();
  pressure.resumeAll(() => false);
  pressure.stop(a);
  pressure.stop(b);
  pressure.resumeAll(() => probe.resumed.length > 0);
  assert.deepEqual(probe.resumed, ["a"]);
  pressure.resumeAll(() => false);
  assert.deepEqual(probe.resumed, ["a", "b"]);
});

test("BackPressure does not resume a hook after forget()", async () => {
  const { probe, a, pressure } = await joinTwo();
  pressure.forget(a);
  pressure.stop(a);
  pressure.forget(a);
  pressure.resumeAll(() => false);
  assert.deepEqual(probe.resumed, []);
});
