/**
 * References follow: when a node gets another address, the messages that refer to it are sent again, at their
 * command's cost.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";

const FRONT = "inet/127.0.0.1:80";

/** A forwarder to a listener of its own, whose address it asks for. */
function relay(bind: string, target: string): string {
  return `nodes:
  back:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "${bind}", listen: 8, accept: { peer: echo }, getname]
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "${FRONT}", listen: 8, accept: ${target}]
  echo: { type: echo }
templates:
  session:
    parameters: { to: }
    nodes:
      upstream: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${with.to}"] }
`;
}

const TARGETS = [
  '{ connect: "${back.getname}" }',
  '{ template: session, with: { to: "${back.getname}" } }',
  '{ template: session, with: { to: "inet/${back.getname.address}:${back.getname.port}" } }',
];

for (const target of TARGETS) {
  test(`Engine.apply() sends accept ${target} again when the listener moves, and closes no connection`, async () => {
    await using world = new MemoryEngine();
    await world.apply(relay("inet/127.0.0.1:9000", target));
    const flow = await world.flow(FRONT);
    const front = await world.status("front");
    assert.equal((await world.apply(relay("inet/127.0.0.1:9001", target))).result, "applied");
    await flow.flows();
    const before = (await world.status("back")).connections;
    const late = await world.flow(FRONT);
    const after = (await world.status("back")).connections;
    // The first one, to the listener before, is counted by the same name.
    assert.deepEqual(
      [before?.total, before?.active, after?.total, after?.active],
      [1, 0, 2, 1],
      "the late one came to the new listener",
    );
    assert.equal((await world.status("front")).id, front.id);
    assert.equal((await world.status("front")).connections?.active, 2);
    assert.deepEqual((await world.plan(relay("inet/127.0.0.1:9001", target))).steps, []);
    await flow.stop();
    await late.stop();
  });
}

/** Each socket sends to the one before it, and is recreated when that has another address. */
function chain(first: string): string {
  const socket = (name: string, to: string) =>
    `  ${name}:
    type: ksocket
    hook: inet/dgram/udp
    messages: [bind: "inet/127.0.0.1:0", connect: "${to}", getname]
`;
  return `nodes:
  a: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "${first}", getname] }
${socket("b", "${a.getname}")}${socket("c", "${b.getname}")}`;
}

test("Engine.apply() follows a chain of references to its end", async () => {
  await using world = new MemoryEngine();
  await world.apply(chain("inet/127.0.0.1:9000"));
  const before = await Promise.all(["a", "b", "c"].map((name) => world.msg(name, "getname")));
  await world.apply(chain("inet/127.0.0.1:9001"));
  await world.memory.idle();
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((name) => world.msg(name, "getname")));
  assert.equal(a, "inet/127.0.0.1:9001");
  assert.notEqual(b, before[1]);
  assert.notEqual(c, before[2]);
  assert.equal(await world.msg("b", "getpeername"), a);
  assert.equal(await world.msg("c", "getpeername"), b);
  assert.deepEqual((await world.plan(chain("inet/127.0.0.1:9001"))).steps, []);
});

test("Engine.reconcile() follows the address of a listener that was recreated manually on another port", async () => {
  await using world = new MemoryEngine();
  const text = relay("inet/127.0.0.1:0", '{ connect: "${back.getname}" }');
  await world.apply(text);
  const before = await world.msg("back", "getname");
  await world.msg("back", "shutdown");
  await world.engine.reconcile({ name: "t", waitMs: 0 }, () => {});
  await world.memory.idle();
  assert.notEqual(await world.msg("back", "getname"), before);
  const flow = await world.flow(FRONT);
  await flow.stop();
});
