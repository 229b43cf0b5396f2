import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

const TEXT = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/192.0.2.7:80", listen: 8, accept: { peer: echo }] }
  echo: { type: echo }
`;

test("Engine reports by an event that an address has left this machine, and that it has returned", async () => {
  let own = true;
  await using world = new MemoryEngine([], null, { ownAddress: () => own });
  const health = world.healthEvents();
  await world.apply(TEXT);
  await world.memory.advance(2_000);
  own = false;
  await world.memory.advance(2_000);
  assert.equal(health.at(-1), "Degraded AddressGone");
  own = true;
  await world.memory.advance(2_000);
  assert.match(health.at(-1) ?? "", /^Healthy /);
});
