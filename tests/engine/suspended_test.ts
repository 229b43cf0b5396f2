/**
 * A suspended topology that is changed by request.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

const FIRST = "nodes: { at: { type: echo } }";
const SECOND = "nodes: { at: { type: hole } }";

test("Engine.apply() and rollback() of a suspended topology say that it is suspended, and take effect", async () => {
  await using world = new MemoryEngine();
  const reported = () => {
    return world.events.splice(0).flatMap((event) => event.kind === "noticed" ? [[event.result, event.text]] : []);
  };
  const notice = [
    "suspended",
    '"t" is suspended: this change is applied because it was requested explicitly; repairs and source changes are applied after ' +
    '"sockgraph resume t"',
  ];
  await world.apply(FIRST);
  assert.deepEqual(reported(), []);
  await world.engine.suspend("t");
  assert.equal((await world.apply(SECOND)).result, "applied");
  assert.deepEqual(reported(), [notice]);
  const request = { name: "t", generation: null, waitMs: 0 };
  const outcome = await world.engine.rollback(request, (event) => world.events.push(event));
  assert.equal(outcome.result, "applied");
  assert.deepEqual(reported(), [notice]);
  assert.equal((await world.status("at")).type, "echo");
  await world.engine.resume("t");
  await world.apply(SECOND);
  assert.deepEqual(reported(), []);
});
