import assert from "node:assert/strict";
import type { ApplyEvent } from "../../src/api/apply_event.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

test("Engine.reconcile() reports that a source that is not followed was not read again", async () => {
  await using world = new MemoryEngine();
  await world.apply("nodes: { end: { type: hole } }\n");
  const events: ApplyEvent[] = [];
  await world.engine.reconcile({ name: "t", waitMs: 0 }, (event) => events.push(event));
  const [notice] = events.filter((event) => event.kind === "noticed");
  assert.equal(notice?.result, "unread");
  assert.match(notice?.text ?? "", /^Source "\/t\.yaml" is not followed, so it was not read again: /);
});
