/**
 * What changes of a datagram listener cost its sessions, which live on its socket.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import { octetsOf, Recorder } from "../conformance/recorder.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

const FRONT = "inet/127.0.0.1:53";
const UPSTREAM = "inet/127.0.0.1:5353";

interface Shape {
  readonly settings?: string;
  readonly bind?: string;
  readonly accept?: string | null;
}

function forwarder({ settings, bind = FRONT, accept = `{ connect: "${UPSTREAM}" }` }: Shape): string {
  const messages = [
    ...(settings === undefined ? [] : [`setconfig: ${settings}`]),
    `bind: "${bind}"`,
    ...(accept === null ? [] : [`accept: ${accept}`]),
  ];
  const lines = messages.map((message) => `      - ${message}\n`).join("");
  return `nodes:\n  front:\n    type: ksocket\n    hook: inet/dgram/udp\n    messages:\n${lines}`;
}

const EMPTY = "nodes: { other: { type: hole } }";

/** Runs `body` with a forwarder at work that has three sessions. */
async function withSessions(shape: Shape, body: (world: MemoryEngine) => Promise<void>): Promise<void> {
  await using world = new MemoryEngine();
  await world.apply(forwarder(shape));
  const clients = world.memory.openSockets();
  for (let count = 0; count < 3; count++) {
    const socket = clients.open(parseEndpoint("inet/dgram/udp"));
    socket.owner = new Recorder();
    socket.send(octetsOf("hello"), parseText(sockaddr, FRONT));
  }
  await world.memory.idle();
  assert.equal((await world.status("front")).connections?.active, 3);
  await body(world);
  await clients.close();
}

const CASES: readonly {
  readonly what: string;
  readonly from?: Shape;
  readonly to: string;
  readonly steps: readonly string[];
  readonly kept: number;
}[] = [
  {
    what: "leaves sessions alone when the target changes",
    to: forwarder({ accept: '{ connect: "inet/127.0.0.1:9", max: 10 }' }),
    steps: ["msg accept { connect=inet/127.0.0.1:9 max=10 }"],
    kept: 3,
  },
  {
    what: "leaves sessions alone when accept is taken away",
    to: forwarder({ accept: null }),
    steps: ["msg disarm"],
    kept: 3,
  },
  {
    what: "gives idleTimeout of datagrams its own default back",
    from: { settings: "{ idleTimeout: 5s }" },
    to: forwarder({}),
    steps: ["msg setconfig { idleTimeout=1m }"],
    kept: 3,
  },
  {
    what: "says nothing of the default of idleTimeout",
    to: forwarder({ settings: "{ idleTimeout: 1m }" }),
    steps: [],
    kept: 0,
  },
];

for (const { what, from = {}, to, steps, kept } of CASES) {
  test(`Engine.apply() ${what}, and the way back restores it`, () =>
    withSessions(from, async (world) => {
      const plan = await world.plan(to);
      assert.deepEqual(plan.steps.map(({ text }) => text), steps);
      assert.deepEqual([plan.summary.kept, plan.summary.closed], [kept, 0]);
      assert.equal((await world.apply(to)).result, steps.length === 0 ? "unchanged" : "applied");
      assert.deepEqual((await world.plan(to)).steps, []);
      await world.apply(forwarder(from));
      assert.deepEqual((await world.plan(forwarder(from))).steps, []);
      assert.equal((await world.status("front")).connections?.active, 3);
    }));
}

test("Engine.plan() counts the flows of a listener that is removed or recreated as closed, and they are", () =>
  withSessions({}, async (world) => {
    const recreated = forwarder({ bind: "inet/127.0.0.1:54" });
    for (const to of [EMPTY, recreated]) {
      const { kept, closed } = (await world.plan(to)).summary;
      assert.deepEqual([kept, closed], [0, 3]);
    }
    await world.apply(recreated);
    assert.equal((await world.status("front")).connections?.active, 0);
    const [topology] = (await world.engine.status()).topologies;
    assert.equal(topology?.outliving, undefined);
    assert.deepEqual(topology?.nodes.map(({ name }) => name), ["front", "connect/upstream"]);
    assert.equal(topology?.nodes[1]?.connections?.active, 0);
  }));

test("Engine.plan() reports what becomes of running flows when their target changes, and they do", async () => {
  const accept = '{ connect: "inet/127.0.0.1:9" }';
  for (
    const [settings, note] of [["{ idleTimeout: 2m }", "running flows keep their target"], [
      "{ moveFlows: true }",
      "flows move",
    ]]
  ) {
    await withSessions({ settings: settings ?? "" }, async (world) => {
      const to = forwarder({ settings: settings ?? "", accept });
      const [step] = (await world.plan(to)).steps;
      assert.ok(step?.cause.endsWith(`; ${note}`), step?.cause);
      await world.apply(to);
      assert.equal((await world.status("front")).connections?.active, note === "flows move" ? 0 : 3);
    });
  }
});
