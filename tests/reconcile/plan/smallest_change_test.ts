/**
 * What a change of each kind of message costs a ksocket at work, over the memory runtime.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";

const FRONT = "inet/127.0.0.1:80";
const BACK = "inet/127.0.0.1:9000";

/** A forwarder with these messages before and behind `bind`. */
function forwarder(
  before: readonly string[],
  behind: readonly string[] = ["listen: 128", `accept: { connect: "${BACK}" }`],
) {
  const messages = [...before, `bind: "${FRONT}"`, ...behind].map((one) => `      - ${one}\n`).join("");
  return `nodes:\n  front:\n    type: ksocket\n    hook: inet/stream/tcp\n    messages:\n${messages}`;
}

const cases: readonly { what: string; from: string; to: string; steps: readonly string[] }[] = [
  {
    what: "an option that is taken away to what was read before",
    from: forwarder(["setopt: { SO_KEEPALIVE: 1 }"]),
    to: forwarder([]),
    steps: ["msg setopt { SO_KEEPALIVE=0 }"],
  },
  {
    what: "a field that is taken away to its default",
    from: forwarder(["setconfig: { idleTimeout: 5s, connectTimeout: 1s }"]),
    to: forwarder(["setconfig: { connectTimeout: 1s }"]),
    steps: ["msg setconfig { idleTimeout=1h }"],
  },
  {
    what: "a backlog by listening again",
    from: forwarder([], ["listen: 128", `accept: { connect: "${BACK}" }`]),
    to: forwarder([], ["listen: 64", `accept: { connect: "${BACK}" }`]),
    steps: ["msg listen 64"],
  },
  {
    what: "a target by setting it again",
    from: forwarder([]),
    to: forwarder([], ["listen: 128", 'accept: { connect: "inet/127.0.0.1:9001" }']),
    steps: ["msg accept { connect=inet/127.0.0.1:9001 }"],
  },
];

for (const { what, from, to, steps } of cases) {
  test(`Engine.apply() changes ${what}, and the way back restores it`, async () => {
    await using world = new MemoryEngine();
    world.echo(BACK);
    await world.apply(from);
    const { id } = await world.status("front");
    const flow = await world.flow(FRONT);
    const plan = await world.plan(to);
    assert.deepEqual(plan.steps.map((step) => step.text), steps);
    assert.deepEqual(plan.summary, { add: 0, change: 1, remove: 0, kept: 1, closed: 0 });
    assert.equal((await world.apply(to)).result, "applied");
    assert.deepEqual((await world.plan(to)).steps, []);
    await flow.flows();
    assert.equal((await world.apply(from)).result, "applied");
    assert.deepEqual((await world.plan(from)).steps, []);
    assert.equal((await world.status("front")).id, id);
    await flow.stop();
  });
}

test("Engine.apply() reverts an option that was set manually before", async () => {
  await using world = new MemoryEngine();
  await world.apply(forwarder([]));
  await world.msg("front", "setopt", "{ SO_KEEPALIVE=1 }");
  await world.engine.reconcile({ name: "t", waitMs: 0 }, () => {});
  assert.equal(await world.msg("front", "getopt", "SO_KEEPALIVE"), "{ SO_KEEPALIVE=0 }");
  assert.equal((await world.engine.export("t")).includes("SO_KEEPALIVE"), false);
});

test("Engine.apply() recreates a listener for an option that applies only before bind", async () => {
  await using world = new MemoryEngine();
  await world.apply(forwarder(["setopt: { SO_REUSEPORT: 1 }"]));
  const plan = await world.plan(forwarder([]));
  assert.equal(plan.steps[0]?.cost, "replace");
});

test("Engine.drain() ends connections, shows in status, and the next apply takes connections again", async () => {
  await using world = new MemoryEngine();
  world.echo(BACK);
  await world.apply(forwarder([]));
  const peer = await world.connect(FRONT);
  const drained = world.engine.drain({ targets: ["t/front"], generation: null, timeoutMs: 1_000 });
  await world.memory.idle();
  assert.equal((await world.status("front")).state, "draining");
  world.memory.clock.advance(1_000);
  assert.deepEqual(await drained, [{ target: "t/front", ended: 0, closed: 1 }]);
  await peer.owner.until(() => peer.owner.endedCount === 1);
  assert.equal((await world.status("front")).state, "draining");
  assert.equal((await world.status("front")).reasons["drain"], 1);
  await world.apply(forwarder([]));
  assert.equal((await world.status("front")).state, "ready");
});

test("Engine.apply() that stops a drain says so, and the drain counts what remains", async () => {
  await using world = new MemoryEngine();
  world.echo(BACK);
  await world.apply(forwarder([]));
  await world.connect(FRONT);
  await world.memory.idle();
  const drained = world.engine.drain({ targets: ["t"], generation: null, timeoutMs: 1_000 });
  await world.memory.idle();
  await world.apply(forwarder([]));
  assert.deepEqual(await drained, [{ target: "t", ended: 0, closed: 0, remaining: 1 }]);
  const notices = world.events.flatMap((event) => event.kind === "noticed" ? [event.text] : []);
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? "", /drained/);
});

test("Engine.down() drains before it stops, and drain() refuses what is not there", async () => {
  await using world = new MemoryEngine();
  world.echo(BACK);
  await world.apply(forwarder([]));
  await world.connect(FRONT);
  await world.memory.idle();
  const request = { generation: null, timeoutMs: 0 };
  await assert.rejects(world.engine.drain({ targets: ["t/none"], ...request }), { code: "ENOENT" });
  await assert.rejects(world.engine.drain({ targets: ["none"], ...request }), { code: "ENOENT" });
  const down = world.engine.down({ names: [], drainMs: 1_000 });
  await world.memory.idle();
  world.memory.clock.advance(1_000);
  assert.deepEqual(await down, { stopped: ["t"], closed: { t: 0 }, drained: [{ target: "t", ended: 0, closed: 1 }] });
});

test("Engine.apply() moves a listener by making the new one first, so that a failure closes nothing", async () => {
  await using world = new MemoryEngine();
  world.echo(BACK);
  await world.apply(forwarder([]));
  const { id } = await world.status("front");
  const flow = await world.flow(FRONT);
  world.memory.fail("bind inet/127.0.0.1:82", "EADDRINUSE");
  const moved = forwarder([]).replace(FRONT, "inet/127.0.0.1:82");
  assert.equal((await world.apply(moved)).result, "rolled-back");
  assert.equal((await world.status("front")).id, id);
  await (await world.flow(FRONT)).stop();
  const plan = await world.plan(moved);
  assert.deepEqual(plan.steps.filter((step) => step.path.includes("front")).map((step) => step.text), [
    "name front~",
    "msg bind inet/127.0.0.1:82",
    "msg listen 128",
    `msg accept { connect=${BACK} }`,
    "shutdown",
  ]);
  assert.equal((await world.apply(moved)).result, "applied");
  assert.deepEqual((await world.plan(moved)).steps, []);
  await (await world.flow("inet/127.0.0.1:82")).stop();
  await flow.stop();
});

test("Engine.apply() renames two nodes that are linked to each other without touching either", async () => {
  const pair = (socket: string, hub: string) =>
    `nodes:
  ${socket}: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "${BACK}"] }
  ${hub}: { type: hub }
links: [[${socket}, ${hub}]]
`;
  await using world = new MemoryEngine();
  const back = world.echo(BACK);
  await world.apply(pair("up", "bus"));
  const before = [(await world.status("up")).id, (await world.status("bus")).id];
  const plan = await world.plan(pair("upstream", "bus-1"));
  assert.deepEqual(plan.steps.map(({ path, text, cost }) => [path, text, cost]), [
    ["t/up:", "name upstream", "live"],
    ["t/bus:", "name bus-1", "live"],
  ]);
  assert.deepEqual([plan.summary.kept, plan.summary.closed], [1, 0]);
  await world.apply(pair("upstream", "bus-1"));
  assert.deepEqual((await world.plan(pair("upstream", "bus-1"))).steps, []);
  assert.deepEqual([(await world.status("upstream")).id, (await world.status("bus-1")).id], before);
  assert.equal(back.connections, 1);
});

const UP = "inet/127.0.0.1:9000";

/** A listener that says where it is, a node that connects there, and another one that refers to both. */
function referring({ front = "front", probe = "probe", port = "0", also = "" }) {
  return `nodes:
  ${front}: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:${port}", listen: 5, accept: { connect: "${UP}" }, getname] }
  ${probe}: { type: ksocket, hook: inet/stream/tcp, messages: [${also}connect: "\${${front}.getname}", getname] }
  last: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:\${${front}.getname.port}"] }
`;
}

test("Engine.apply() keeps those who refer to a renamed node, whatever is renamed along with it", async () => {
  await using world = new MemoryEngine();
  const up = world.echo(UP);
  await world.apply(referring({}));
  const idOf = async (name: string) => (await world.status(name)).id;
  const before = [await idOf("front"), await idOf("probe"), await idOf("last")];
  for (const [front, probe] of [["entrance", "probe"], ["door", "tester"], ["front", "probe"]] as const) {
    const text = referring({ front, probe });
    const plan = await world.plan(text);
    assert.deepEqual(plan.steps.map(({ cost }) => cost).filter((cost) => cost !== "live"), []);
    assert.deepEqual([plan.summary.add, plan.summary.remove, plan.summary.closed], [0, 0, 0]);
    assert.equal((await world.apply(text)).result, "applied");
    assert.deepEqual((await world.plan(text)).steps, []);
    assert.deepEqual([await idOf(front), await idOf(probe), await idOf("last")], before);
    assert.match(await world.engine.export("t"), new RegExp(`\\$\\{${front}\\.getname\\.port\\}`));
  }
  assert.equal(up.connections, 2);
});

test("Engine.apply() recreates nodes that refer to a renamed node that is recreated itself", async () => {
  await using world = new MemoryEngine();
  world.echo(UP);
  await world.apply(referring({ port: "81" }));
  const { id } = await world.status("probe");
  const other = referring({ front: "other", port: "82" });
  assert.equal((await world.apply(other)).result, "applied");
  assert.deepEqual((await world.plan(other)).steps, []);
  const probe = await world.status("probe");
  assert.notEqual(probe.id, id);
  assert.equal(probe.peer, "inet/127.0.0.1:82");
});

test("Engine.apply() sends references to a node again that was renamed first, and then recreated", async () => {
  await using world = new MemoryEngine();
  world.echo(UP);
  await world.apply(referring({ port: "81" }));
  await world.apply(referring({ front: "other", port: "81" }));
  await world.apply(referring({ front: "other", port: "82" }));
  await world.memory.idle();
  await world.memory.advance(1_000);
  assert.equal((await world.status("probe")).peer, "inet/127.0.0.1:82");
});
