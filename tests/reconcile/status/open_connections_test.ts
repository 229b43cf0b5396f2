import assert from "node:assert/strict";
import { openConnections } from "../../../src/reconcile/status/status_select.ts";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";

const TEXT = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/127.0.0.1:80
      - listen: 5
      - accept: { template: answer }
templates:
  answer:
    entry: back:in
    nodes:
      back: { type: echo }
`;

test("openConnections() counts a connection once, though it has a copy of a template", async () => {
  await using memory = new MemoryEngine();
  await memory.apply(TEXT);
  const flow = await memory.flow("inet/127.0.0.1:80");
  const { topologies } = await memory.engine.status();
  assert.ok(topologies.some(({ nodes }) => nodes.some(({ id }) => id === null)), "the copy is shown");
  assert.deepEqual(topologies.map(openConnections), [1]);
  await flow.stop();
});
