/**
 * An apply whose caller gives up.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "../harness.ts";
import { setImmediate as hostTurn } from "node:timers/promises";
import { MemoryEngine } from "../support/memory_engine.ts";
import { stateOf } from "../support/faulty_engine.ts";

test("Engine.apply() leaves no rejection unhandled whenever it is aborted", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    let isLate = false;
    for (let at = 1; !isLate; at++) isLate = await applyUntil(at);
  } finally {
    process.off("unhandledRejection", note);
  }
  assert.deepEqual(unhandled, []);
});

/** Applies two topologies and aborts at an event; returns true if there are fewer events. */
async function applyUntil(at: number): Promise<boolean> {
  await using world = new MemoryEngine([], null, { yieldToLoop: () => hostTurn() });
  const source = { kind: "file" as const, location: "/t.yaml", revision: "sha256:0" };
  const topologies = ["a", "b"].map((name) => ({
    state: stateOf(`name: ${name}\nnodes: { x: { type: hub } }`),
    source,
  }));
  const abort = new AbortController();
  let events = 0;
  const end = world.engine.apply(
    { topologies, replace: [], rollback: true, waitMs: 20_000 },
    () => {
      world.memory.clock.advance(5); // So that the engine yields a turn between two topologies.
      if (++events === at) abort.abort(new Error("given up"));
    },
    { signal: abort.signal },
  );
  await end.catch((error: unknown) => assert.equal(error instanceof Error && error.message, "given up"));
  await hostTurn();
  return events < at;
}
