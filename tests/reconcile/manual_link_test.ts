/**
 * Nodes that were made manually and joined to a topology's nodes are drift: status and plan say so, apply and
 * `--self-heal` remove the link, adopt makes them part of the topology. Nodes that have no link to it are ignored.
 *
 * @module
 */

import assert from "node:assert/strict";
import { GENERIC_COMMANDS } from "../../src/graph/message/generic.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

const FRONT = "inet/127.0.0.1:80";

const SINK = "nodes: { h: { type: hole }, hub: { type: hub } }\n";
const TEMPLATE = `nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "${FRONT}", listen: 5, accept: { template: t }]
templates:
  t: { entry: "bus:x", nodes: { bus: { type: hub }, x: { type: echo } }, links: [["bus:y", x]] }
`;

async function stateOf(world: MemoryEngine): Promise<{ readonly sync: string | undefined; readonly drift: unknown }> {
  const topology = (await world.engine.status()).topologies.find(({ name }) => name === "t");
  return { sync: topology?.sync, drift: topology?.drift };
}

/** Every way to join a node to `h` manually, and what is joined then. */
const WAYS: readonly { readonly what: string; readonly join: (world: MemoryEngine) => Promise<unknown> }[] = [
  {
    what: "made by mkpeer",
    join: (world) => world.msg("h", "mkpeer", '{ type="echo" ourhook="zz" peerhook="x" }'),
  },
  {
    what: "made outside of the topology and connected",
    join: async (world) => {
      const { graph } = world.engine;
      await graph.mkpeer(".", { type: "hub", ourhook: "own", peerhook: "own" });
      const { value } = await graph.msg("own", { commands: GENERIC_COMMANDS, command: "nodeinfo", args: null });
      await graph.connect("t/h:", { path: `[${value?.id.toString(16)}]:`, ourhook: "zz", peerhook: "x" });
    },
  },
];

for (const { what, join } of WAYS) {
  test(`Engine.apply() takes the link to a node away that was ${what}`, async () => {
    await using world = new MemoryEngine();
    await world.apply(SINK);
    assert.deepEqual(await stateOf(world), { sync: "Synced", drift: null });
    await join(world);
    const { sync, drift } = await stateOf(world);
    assert.equal(sync, "OutOfSync");
    assert.match(String(drift), /^links\.h:zz-\[[0-9a-f]+\]:x$/);
    const plan = await world.plan(SINK);
    assert.deepEqual(plan.steps.map(({ path, text, cost }) => [path, text, cost]), [["t/h:", "rmhook zz", "live"]]);
    assert.equal((await world.apply(SINK)).result, "applied");
    assert.deepEqual(await stateOf(world), { sync: "Synced", drift: null });
    assert.deepEqual((await world.plan(SINK)).steps, []);
  });
}

test("Engine.adopt() makes nodes that were joined manually part of the topology, with all behind them", async () => {
  await using world = new MemoryEngine();
  await world.apply(SINK);
  await world.msg("h", "mkpeer", '{ type="tee" ourhook="zz" peerhook="left" }');
  await world.engine.msg({
    path: "t/h:zz",
    command: "mkpeer",
    argument: '{ type="echo" ourhook="right" peerhook="x" }',
  });
  await world.engine.adopt("t");
  assert.deepEqual(await stateOf(world), { sync: "Synced", drift: null });
  const exported = await world.engine.export("t");
  assert.match(exported, /type: tee/);
  assert.match(exported, /type: echo/);
  assert.deepEqual((await world.plan(exported)).steps, [], "what is exported runs");
  assert.equal((await world.plan(SINK)).summary.remove, 2, "and the file as it was takes them away");
  assert.equal((await world.apply(SINK)).result, "applied");
  assert.deepEqual(await stateOf(world), { sync: "Synced", drift: null });
});

test("Engine.apply() takes a manual link of a copy away and keeps its connection, adopt refuses it", async () => {
  await using world = new MemoryEngine();
  await world.apply(TEMPLATE);
  const flow = await world.flow(FRONT);
  const [copy] = (await world.engine.liveNodes("t")).filter(({ template }) => template === "t/bus");
  const path = `[${copy?.id}]:`;
  await world.engine.msg({ path, command: "mkpeer", argument: '{ type="hole" ourhook="tap" peerhook="x" }' });
  assert.equal((await stateOf(world)).sync, "OutOfSync");
  await assert.rejects(world.engine.adopt("t"), { code: "EINVAL" });
  const plan = await world.plan(TEMPLATE);
  assert.deepEqual(plan.steps.map((step) => [step.path, step.text]), [[path, "rmhook tap"]]);
  assert.equal((await world.apply(TEMPLATE)).result, "applied");
  assert.deepEqual(await stateOf(world), { sync: "Synced", drift: null });
  await flow.flows();
  await flow.stop();
});

test("Engine.apply() with selfHeal takes manual links away at once", async () => {
  await using world = new MemoryEngine();
  await world.apply(SINK, [], { selfHeal: true });
  await world.msg("h", "mkpeer", '{ type="echo" ourhook="zz" peerhook="x" }');
  await world.memory.advance(2_000);
  await world.memory.idle();
  assert.deepEqual(await stateOf(world), { sync: "Synced", drift: null });
  assert.equal((await world.plan(SINK)).steps.length, 0);
  await assert.rejects(world.engine.msg({ path: "t/h:zz", command: "nodeinfo", argument: null }), { code: "ENOENT" });
});

test("Engine.status() leaves nodes alone that join nothing of the topology, and programs' own nodes", async () => {
  await using world = new MemoryEngine();
  await world.apply(SINK);
  const socket = await world.engine.graph.socket();
  await socket.connect(".", { path: "t/h:", ourhook: "mine", peerhook: "x" });
  await socket.mkpeer(".", { type: "hub", ourhook: "away", peerhook: "x" });
  assert.deepEqual(await stateOf(world), { sync: "Synced", drift: null });
  assert.deepEqual((await world.plan(SINK)).steps, []);
  await socket.close();
});

test("Engine.plan() counts the connections of a node that a manual link is removed from as kept", async () => {
  await using world = new MemoryEngine();
  const text = TEMPLATE.replace("template: t", "peer: echo").replace(
    "templates:",
    "  echo: { type: echo }\ntemplates:",
  );
  await world.apply(text);
  const flow = await world.flow(FRONT);
  await world.msg("echo", "mkpeer", '{ type="hole" ourhook="zz" peerhook="x" }');
  assert.deepEqual((await world.plan(text)).summary, { add: 0, change: 1, remove: 0, kept: 1, closed: 0 });
  await flow.stop();
});
