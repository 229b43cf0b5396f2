/**
 * What a plan says of connections is what clients see: each change is planned and applied with live clients, and those
 * that are closed, or get no answer any more, are as many as the plan has counted.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";

const FRONT = "inet/127.0.0.1:80";
const BACK = "inet/127.0.0.1:9000";
const CLIENTS = 3;

function front(accept: string, { bind = FRONT, listen = 16 } = {}): string {
  const messages = `[bind: "${bind}", listen: ${listen}, accept: ${accept}]`;
  return `  front: { type: ksocket, hook: inet/stream/tcp, messages: ${messages} }\n`;
}

const SHARED = `nodes:\n${front("{ peer: echo }")}  echo: { type: echo }\n`;
/** Each connection passes a tee of its own into a shared node. */
const BEHIND = `nodes:
${front("{ template: t }")}  back: { type: echo }
templates:
  t: { entry: "tap:left", nodes: { tap: { type: tee } }, links: [["tap:right", back]] }
`;
/** Each connection has an upstream of its own, and a shared node gets a copy of what it sends. */
const TAPPED = `nodes:
${front("{ template: t }")}  log: { type: hole }
templates:
  t:
    entry: "tap:left"
    nodes:
      tap: { type: tee }
      up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "${BACK}"] }
    links: [["tap:right", up], ["tap:left2right", log]]
`;
const OTHER = "nodes: { other: { type: hole } }\n";

interface Case {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly replace?: readonly string[];
  readonly kept: number;
  readonly closed: number;
  /** Listeners whose queue of connections that wait to be accepted is closed. */
  readonly queues?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    what: "a shared peer of another type",
    from: SHARED,
    to: SHARED.replace("type: echo", "type: hub"),
    kept: 0,
    closed: 3,
  },
  {
    what: "a shared peer of another name and type",
    from: SHARED,
    to: SHARED.replace("echo: { type: echo }", "bus: { type: hub }").replace("peer: echo", "peer: bus"),
    kept: 0,
    closed: 3,
  },
  {
    what: "a shared peer that only gets another name",
    from: SHARED,
    to: SHARED.replace("echo: { type", "mirror: { type").replace("peer: echo", "peer: mirror"),
    kept: 3,
    closed: 0,
  },
  {
    what: "a shared peer that is replaced on request",
    from: SHARED,
    to: SHARED,
    replace: ["echo"],
    kept: 0,
    closed: 3,
  },
  {
    what: "a node that no connection needs",
    from: SHARED,
    to: `${SHARED}  other: { type: hole }\n`,
    kept: 3,
    closed: 0,
  },
  { what: "a listener and its shared peer removed", from: SHARED, to: OTHER, kept: 0, closed: 3, queues: ["front"] },
  {
    what: "a listener removed whose shared peer stays",
    from: SHARED,
    to: "nodes: { echo: { type: echo } }\n",
    kept: 3,
    closed: 0,
    queues: ["front"],
  },
  {
    what: "a listener that moves to another address",
    from: SHARED,
    to: SHARED.replace(FRONT, "inet/127.0.0.1:81"),
    kept: 3,
    closed: 0,
    queues: ["front"],
  },
  { what: "another backlog", from: SHARED, to: SHARED.replace("listen: 16", "listen: 8"), kept: 3, closed: 0 },
  {
    what: "the shared peer of new connections",
    from: SHARED,
    to: SHARED.replace("peer: echo", "peer: bus") + "  bus: { type: hub }\n",
    kept: 3,
    closed: 0,
  },
  { what: "a shared node behind copies replaced", from: BEHIND, to: BEHIND, replace: ["back"], kept: 0, closed: 3 },
  {
    what: "a shared node behind copies, and the copies' template, changed",
    from: BEHIND,
    to: BEHIND.replace("back: { type: echo }", "back: { type: hub }").replace("type: tee", "type: pipe")
      .replace("tap:left", "tap:lower").replace("tap:right", "tap:upper"),
    kept: 0,
    closed: 3,
  },
  {
    what: "a shared node behind copies removed with all else",
    from: BEHIND,
    to: OTHER,
    kept: 0,
    closed: 3,
    queues: ["front"],
  },
  { what: "a shared tap of copies replaced", from: TAPPED, to: TAPPED, replace: ["log"], kept: 3, closed: 0 },
  {
    what: "the listener of tapped connections moved",
    from: TAPPED,
    to: TAPPED.replace(FRONT, "inet/127.0.0.1:82"),
    kept: 3,
    closed: 0,
    queues: ["front"],
  },
];

for (const { what, from, to, replace = [], kept, closed, queues = [] } of CASES) {
  test(`Engine.plan() counts what clients see of ${what}`, async () => {
    await using world = new MemoryEngine();
    world.echo(BACK);
    await world.apply(from);
    const flows = await Promise.all(Array.from({ length: CLIENTS }, () => world.flow(FRONT)));
    const plan = await world.plan(to, replace);
    assert.deepEqual([plan.summary.kept, plan.summary.closed], [kept, closed]);
    assert.deepEqual(plan.closedQueues, queues);
    const steps = plan.steps.reduce((sum, { connections }) => sum + (connections?.closed ?? 0), 0);
    assert.equal(steps, closed, "the steps add up to the sum");
    assert.equal((await world.apply(to, replace)).result, "applied");
    await Promise.all(flows.map((flow) => flow.flowsOrEnds()));
    assert.equal(flows.filter(({ alive }) => alive).length, CLIENTS - closed);
    for (const flow of flows) await (flow.alive ? flow.stop() : flow.closed());
  });
}

const PAIR = `nodes:
${
  front("{ peer: echo }")
}  second: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:81", listen: 5, accept: { peer: echo }] }
  echo: { type: echo }
`;

test("Engine.apply() keeps both listeners when two nodes exchange their names, and so does the rollback", async () => {
  await using world = new MemoryEngine();
  await world.apply(PAIR);
  const ids = [(await world.status("front")).id, (await world.status("second")).id];
  const flows = [await world.flow(FRONT), await world.flow("inet/127.0.0.1:81")];
  const exchanged = PAIR.replace("front:", "x:").replace("second:", "front:").replace("x:", "second:");
  const plan = await world.plan(exchanged);
  assert.deepEqual(plan.steps.map(({ path, text }) => [path, text]), [
    ["t/front:", "name front~"],
    ["t/second:", "name front"],
    ["t/front~:", "name second"],
  ]);
  assert.deepEqual(plan.summary, { add: 0, change: 2, remove: 0, kept: 2, closed: 0 });
  assert.equal((await world.apply(exchanged)).result, "applied");
  assert.deepEqual([(await world.status("second")).id, (await world.status("front")).id], ids);
  assert.deepEqual((await world.plan(exchanged)).steps, []);
  assert.deepEqual((await world.plan(await world.engine.export("t"))).steps, []);
  // A listener on an address that is in use fails the change, and the names go back.
  const taken = `${PAIR}  third: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "${BACK}", listen: 5] }\n`;
  world.echo(BACK);
  assert.equal((await world.apply(taken)).result, "rolled-back");
  assert.deepEqual([(await world.status("second")).id, (await world.status("front")).id], ids);
  assert.deepEqual((await world.plan(exchanged)).steps, []);
  for (const flow of flows) await flow.flows();
  for (const flow of flows) await flow.stop();
});

test("Engine.plan() finds no change in fields of accept that say what holds anyway", async () => {
  await using world = new MemoryEngine();
  await world.apply(SHARED);
  const written = SHARED.replace("{ peer: echo }", "{ peer: echo, overflow: wait, messages: [] }");
  assert.deepEqual((await world.plan(written)).steps, []);
  await world.apply(written);
  assert.deepEqual((await world.plan(SHARED)).steps, []);
});

test("Engine.plan() counts connections whose listener was replaced before as kept", async () => {
  await using world = new MemoryEngine();
  world.echo(BACK);
  const at = (port: number) => `nodes:\n${front(`{ connect: "${BACK}" }`)}`.replace(/:80"/, `:${port}"`);
  await world.apply(at(80));
  const flow = await world.flow(FRONT);
  for (const port of [81, 82]) {
    const plan = await world.plan(at(port));
    assert.deepEqual([plan.summary.kept, plan.summary.closed], [1, 0]);
    assert.equal((await world.apply(at(port))).result, "applied");
  }
  assert.deepEqual((await world.plan(at(82))).summary.kept, 0);
  await flow.stop();
});
