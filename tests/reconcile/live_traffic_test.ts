/**
 * Changes under load: for any change of a forwarder, no connection is closed, and no octet of any is lost, changed
 * or out of order.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { type Flow, MemoryEngine } from "../support/memory_engine.ts";

const FRONT = "inet/127.0.0.1:80";
const SECOND = "inet/127.0.0.1:81";
const BACK = "inet/127.0.0.1:9000";
const OTHER = "inet/127.0.0.1:9001";
const CONNECTIONS = 40;

interface Shape {
  readonly name?: string;
  readonly settings?: readonly string[];
  readonly upstream?: string;
  readonly second?: boolean;
  readonly backlog?: number;
}

function listener(name: string, bind: string, { settings = [], upstream = BACK, backlog = 128 }: Shape): string {
  const messages = [
    ...settings,
    `bind: "${bind}"`,
    `listen: ${backlog}`,
    `accept: { template: session, with: { to: "${upstream}" } }`,
  ];
  const lines = messages.map((message) => `      - ${message}\n`).join("");
  return `  ${name}:\n    type: ksocket\n    hook: inet/stream/tcp\n    messages:\n${lines}`;
}

function forwarder(shape: Shape): string {
  const { name = "front", second = false } = shape;
  return `nodes:
${listener(name, FRONT, shape)}${second ? listener("second", SECOND, {}) : ""}
templates:
  session:
    parameters: { to: }
    entry: pass:left
    nodes:
      pass: { type: tee }
      upstream: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${with.to}"] }
    links:
      - [pass:right, upstream]
`;
}

const SETTINGS = ["setopt: { SO_KEEPALIVE: 1 }", "setconfig: { idleTimeout: 10m }"];

const STEPS: readonly { readonly what: string; readonly shape: Shape; readonly costs: readonly (string | null)[] }[] = [
  { what: "a setting added", shape: { settings: SETTINGS }, costs: ["live", "live"] },
  { what: "a setting changed", shape: { settings: ["setopt: { SO_KEEPALIVE: 1 }"] }, costs: ["live"] },
  { what: "an option taken away", shape: {}, costs: ["live"] },
  { what: "the listener renamed", shape: { name: "entrance" }, costs: ["live"] },
  {
    what: "renamed back with a setting along",
    shape: { settings: ["setopt: { SO_KEEPALIVE: 1 }"] },
    costs: ["live", "live"],
  },
  { what: "renamed again, the setting taken away", shape: { name: "entrance" }, costs: ["live", "live"] },
  { what: "a second listener added", shape: { name: "entrance", second: true }, costs: [null, null, null, null] },
  { what: "the second removed", shape: { name: "entrance" }, costs: [null] },
  { what: "the backlog changed", shape: { name: "entrance", backlog: 64 }, costs: ["live"] },
  { what: "the upstream changed", shape: { name: "entrance", upstream: OTHER }, costs: ["live", "new-connections"] },
];

test("Engine.apply() changes a forwarder under load: nothing is closed, lost or out of order", {
  timeoutMs: 60_000,
}, async () => {
  await using world = new MemoryEngine();
  world.echo(BACK);
  const other = world.echo(OTHER);
  await world.apply(forwarder({}));
  const flows: Flow[] = [];
  for (let count = 0; count < CONNECTIONS; count++) flows.push(await world.flow(FRONT));
  const { id } = await world.status("front");
  for (const { what, shape, costs } of STEPS) {
    const plan = await world.plan(forwarder(shape));
    assert.deepEqual(plan.steps.map((step) => step.cost), costs, what);
    assert.equal(plan.summary.closed, 0, what);
    assert.equal((await world.apply(forwarder(shape))).result, "applied", what);
    assert.deepEqual((await world.plan(forwarder(shape))).steps, [], what);
    await Promise.all(flows.map((flow) => flow.flows()));
    if (shape.second === true) flows.push(await world.flow(SECOND));
  }
  const entrance = await world.status("entrance");
  assert.equal(entrance.id, id);
  assert.deepEqual(entrance.messages.filter(({ state }) => state !== "done"), [], "what was seen is known by its name");
  assert.equal(entrance.connections?.byGeneration["1"], CONNECTIONS);
  assert.equal(other.connections, 0);
  const late = await world.flow(FRONT);
  assert.equal(other.connections, 1);
  assert.deepEqual((await world.status("entrance")).connections?.byGeneration, { 1: CONNECTIONS, 11: 1 });
  for (const flow of [...flows, late]) await flow.stop();
});

test("Engine.apply() keeps the connections of a listener that is removed or recreated", async () => {
  await using world = new MemoryEngine();
  world.echo(BACK);
  await world.apply(forwarder({ second: true }));
  const [first, second] = [await world.flow(FRONT), await world.flow(SECOND)];
  const recreated = forwarder({}).replace(FRONT, "inet/127.0.0.1:82");
  const plan = await world.plan(recreated);
  assert.deepEqual(plan.summary, { add: 0, change: 1, remove: 1, kept: 2, closed: 0 });
  assert.equal((await world.apply(recreated)).result, "applied");
  await first.flows();
  await second.flows();
  const outliving = async () => (await world.engine.status()).topologies[0]?.outliving;
  assert.deepEqual(await outliving(), { 1: 2 });
  await first.stop();
  await second.stop();
  await world.memory.idle();
  assert.equal(await outliving(), undefined);
});
