/**
 * A change of every kind, of which each step is made to fail in turn: the previous state runs again, or it is reported that it
 * does not.
 *
 * @module
 */

import assert from "node:assert/strict";
import { exitOf } from "../../src/cli/verbs/apply/apply_view.ts";
import { EXIT } from "../../src/cli/exit_code.ts";
import type { ApplyOutcome } from "../../src/api/apply_event.ts";
import { test } from "../harness.ts";
import type { Fate, Sent } from "../support/faulty_port.ts";
import { FaultyEngine, stateOf } from "../support/faulty_engine.ts";

const BEFORE = stateOf(`
name: web
description: Before
nodes:
  keep:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setopt: { SO_KEEPALIVE: 1 }
      - setconfig: { idleTimeout: 10m, halfCloseTimeout: 5m }
      - bind: inet/127.0.0.1:80
      - listen: 5
      - accept: { template: session }
  moves:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:81", listen: 5, accept: { peer: back }]
  goes:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:82", listen: 5, accept: { peer: back }]
  old:
    type: ksocket
    hook: inet/dgram/udp
    messages: [bind: "inet/127.0.0.1:90"]
  back: { type: echo }
  join: { type: hub }
  side: { type: hole }
  far: { type: hole }
  up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:80"], restart: on-failure }
links:
  - [join, side]
  - [join, far]
  - [join, back]
templates:
  session: { entry: "tap:left", nodes: { tap: { type: tee, messages: [{ setconfig: { inject: false } }] } }, links: [["tap:right", back]] }
  spare: { entry: x, nodes: { x: { type: echo } } }
`);

const AFTER = stateOf(`
name: web
description: After
nodes:
  keep:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setopt: { SO_RCVBUF: 65536 }
      - setconfig: { idleTimeout: 20m }
      - bind: inet/127.0.0.1:80
      - listen: 5
      - accept: { template: session, max: 9 }
  moves:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:84", listen: 5, accept: { peer: back }]
  fresh:
    type: ksocket
    hook: inet/dgram/udp
    messages: [bind: "inet/127.0.0.1:90"]
  new:
    type: ksocket
    hook: inet/stream/tcp
    messages: [setopt: { SO_KEEPALIVE: 1 }, bind: "inet/127.0.0.1:82", listen: 5, accept: { template: more }, getname]
  back: { type: echo }
  join: { type: hub }
  side: { type: hole }
  near: { type: hole, restart: never }
  up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:80"], restart: always }
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:80"] }
links:
  - [join, side]
  - [join, near]
templates:
  session: { entry: "tap:left", nodes: { tap: { type: tee, messages: [{ setconfig: { inject: true } }] } }, links: [["tap:right", back]] }
  more: { entry: x, nodes: { x: { type: echo } } }
`);

/** Every message that is sent on the way from one to the other, in order. */
async function stepsOfChange(): Promise<readonly Sent[]> {
  await using bench = new FaultyEngine();
  await bench.apply(BEFORE);
  const sent: Sent[] = [];
  let changing = false;
  bench.port.fateOf = (one) => {
    if (changing) sent.push(one);
    return "pass";
  };
  await bench.apply(AFTER, {}, ({ kind }) => {
    changing = kind === "plan" || (changing && kind !== "outcome");
  });
  assert.equal((await bench.engine.status()).topologies[0]?.generation, 2);
  // What only asks comes behind, to verify.
  const last = sent.findLastIndex(({ command }) => command === "release");
  return sent.slice(0, last + 1);
}

const STEPS = await stepsOfChange();

test("the change has steps of every kind", () => {
  const commands = new Set(STEPS.map(({ command }) => command));
  const desired = [
    "setgeneration",
    "settemplate",
    "name",
    "unlink",
    "shutdown",
    "mkpeer",
    "setrestart",
    "link",
    "setopt",
    "setconfig",
    "bind",
    "listen",
    "accept",
    "connect",
    "deltemplate",
    "setdescription",
    "release",
  ];
  assert.deepEqual(desired.filter((command) => !commands.has(command)), []);
});

/** Changes, with a fate for the `index`th message of the change and one for all that follow it. */
async function change(
  bench: FaultyEngine,
  index: number,
  fates: { at: Fate; later?: (sent: Sent, at: number) => Fate },
): Promise<ApplyOutcome> {
  let count = 0;
  let reverted = 0;
  let changing = false;
  bench.port.fateOf = (sent) => {
    if (!changing) return "pass";
    if (count++ < index) return "pass";
    if (count === index + 1) return fates.at;
    return fates.later?.(sent, reverted++) ?? "pass";
  };
  try {
    return await bench.apply(AFTER, {}, ({ kind }) => {
      if (kind === "plan") changing = true;
    });
  } finally {
    bench.port.fateOf = () => "pass";
  }
}

/** What can be seen of it from outside and inside. */
async function picture(bench: FaultyEngine): Promise<unknown> {
  const status = (await bench.engine.status()).topologies[0];
  return {
    exported: await bench.engine.export("web"),
    generation: status?.generation,
    sync: status?.sync,
    links: status?.links,
    nodes: status?.nodes.filter(({ name }) => !name.includes("/")).map(({ name, state, local }) => {
      return { name, state, local: name === "up" ? null : local };
    }),
    answers: await Promise.all([80, 81, 82, 83, 84].map((port) => bench.answers(`inet/127.0.0.1:${port}`))),
  };
}

for (const at of ["refuse", "lose"] as const) {
  STEPS.forEach((step, index) => {
    const what = `${step.path} ${step.command}`;
    test(`Engine.apply() rolls back everything when step ${index + 1} fails (${what}, ${at})`, async () => {
      await using bench = new FaultyEngine();
      await bench.apply(BEFORE);
      const through = await bench.connect("inet/127.0.0.1:80");
      assert.ok(await through.echoes("before"));
      const leaving = await bench.connect("inet/127.0.0.1:82");
      assert.ok(await leaving.echoes("before"));
      const before = await picture(bench);
      const outcome = await change(bench, index, { at });
      assert.equal(outcome.result, "rolled-back", outcome.message ?? "");
      assert.equal(exitOf(outcome), EXIT.rolledBack);
      await bench.network.idle();
      assert.deepEqual(await picture(bench), before);
      assert.ok(await through.echoes("after"), "the connection of the listener that stays");
      assert.ok(await leaving.echoes("after"), "the connection of the listener that went");
      assert.equal((await bench.apply(AFTER)).result, "applied");
    });
  });
}

/** How many messages are sent between the failure of a step and the end of the apply: the way back. */
async function lengthOfUndo(index: number): Promise<number> {
  await using bench = new FaultyEngine();
  await bench.apply(BEFORE);
  let length = 0;
  await change(bench, index, {
    at: "refuse",
    later: () => {
      length++;
      return "pass";
    },
  });
  return length;
}

for (const name of ["mkpeer", "connect", "deltemplate", "release"]) {
  const index = STEPS.findLastIndex(({ command }) => command === name);
  const step = `step ${index + 1} (${name})`;

  test(`Engine.apply() rolls back ${step} although a message of the rollback fails once`, async () => {
    const length = await lengthOfUndo(index);
    assert.ok(length > 2);
    for (let broken = 0; broken < length; broken++) {
      for (const fate of ["refuse", "lose"] as const) {
        await using bench = new FaultyEngine();
        await bench.apply(BEFORE);
        const before = await picture(bench);
        const outcome = await change(bench, index, { at: "refuse", later: (_, at) => at === broken ? fate : "pass" });
        const where = `message ${broken + 1} of the rollback, ${fate}`;
        assert.equal(outcome.result, "rolled-back", where);
        assert.deepEqual(await picture(bench), before, where);
      }
    }
  });

  test(`Engine.apply() reports that rolling back ${step} failed, and converges once it is possible`, async () => {
    const length = await lengthOfUndo(index);
    let failures = 0;
    for (let broken = 0; broken < length; broken++) {
      await using bench = new FaultyEngine();
      await bench.apply(BEFORE);
      const before = await picture(bench);
      let refused: string | null = null;
      const later = (sent: Sent, at: number): Fate => {
        if (at === broken) refused = JSON.stringify(sent);
        return refused === JSON.stringify(sent) ? "refuse" : "pass";
      };
      const outcome = await change(bench, index, { at: "refuse", later });
      const where = `${refused} of the rollback`;
      if (outcome.result === "failed") {
        failures++;
        assert.equal(exitOf(outcome), EXIT.failed);
        assert.match(outcome.message ?? "", /rolling it back failed too/, where);
        const status = (await bench.engine.status()).topologies[0];
        const stalled = status?.conditions.find(({ type }) => type === "Stalled");
        // The stall ends where nothing of it is left: what was refused had nothing to do.
        if (stalled?.status === "False") assert.equal(status?.health, "Healthy", where);
        else assert.equal(stalled?.reason, "RollbackFailed", where);
      } else {
        // Only queries that verify may fail without harm: the state itself is compared as well.
        assert.match(refused ?? "", /"command":"get/);
        assert.deepEqual(await picture(bench), before, where);
      }
      await bench.apply(BEFORE);
      await bench.network.advance(60_000);
      assert.deepEqual({ ...Object(await picture(bench)), generation: 1 }, before, where);
    }
    assert.ok(failures > 2);
  });
}

test("Engine.apply() reports a failure in the middle of a change whose rollback fails too", async () => {
  for (let index = 0; index < STEPS.length; index++) {
    await using bench = new FaultyEngine();
    await bench.apply(BEFORE);
    const outcome = await change(bench, index, {
      at: "refuse",
      later: () => {
        bench.port.blind = true;
        return "refuse";
      },
    });
    bench.port.blind = false;
    assert.equal(outcome.result, "failed");
    assert.equal((await bench.engine.status()).topologies[0]?.conditions[2]?.reason, "RollbackFailed");
    assert.equal((await bench.apply(AFTER)).result, "applied");
  }
});

test("Engine.apply() of a first generation leaves nothing, whichever step fails", async () => {
  const [result] = await new FaultyEngine().engine.plan({
    topologies: [{ state: BEFORE, source: { kind: "file", location: "", revision: null } }],
    replace: [],
  });
  const length = result?.plan.steps.length ?? 0;
  assert.ok(length > 10);
  for (let index = 0; index < length; index++) {
    await using bench = new FaultyEngine();
    let count = 0;
    bench.port.fateOf = () => count++ === index ? "refuse" : "pass";
    const outcome = await bench.apply(BEFORE);
    assert.equal(outcome.result, "rolled-back");
    assert.deepEqual((await bench.engine.status()).topologies, []);
    assert.equal(await bench.answers("inet/127.0.0.1:80"), false);
    assert.equal((await bench.apply(BEFORE)).result, "applied");
  }
});
