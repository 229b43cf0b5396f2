import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";

/** More than a call takes arguments on Deno and on Bun. */
const MANY = 150_000;

test("planChanges() plans a node with more messages than a call takes arguments", async () => {
  await using place = new MemoryEngine();
  const messages = Array<{ command: string; argument: null }>(MANY).fill({ command: "getname", argument: null });
  const node = { name: "a", type: "ksocket", hook: "inet/stream/tcp", restart: "always", messages } as const;
  const state = { name: "t", description: null, nodes: [node], links: [], templates: [] };
  const source = { kind: "file", location: "/t.yaml", revision: null } as const;
  const [result] = await place.engine.plan({ topologies: [{ state, source }], replace: [] });
  assert.equal(result?.plan.steps.length, MANY + 1);
});
