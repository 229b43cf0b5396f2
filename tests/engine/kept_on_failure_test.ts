/**
 * A change that fails closes nothing where nothing of it had to be closed first, and says what it closed otherwise.
 *
 * @module
 */

import assert from "node:assert/strict";
import { showApplyEvent } from "../../src/cli/verbs/apply/apply_view.ts";
import { Output } from "../../src/cli/output.ts";
import { fakeRuntime } from "../cli/fake_runtime.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

const FRONT = "inet/127.0.0.1:80";
const BUSY = "inet/127.0.0.1:9000";

function listener(name: string, address: string, peer: string): string {
  const messages = `[bind: "${address}", listen: 16, accept: { peer: ${peer} }]`;
  return `  ${name}: { type: ksocket, hook: inet/stream/tcp, messages: ${messages} }\n`;
}

const ECHO = `nodes:\n${listener("front", FRONT, "e")}  e: { type: echo }\n`;
const HUB = ECHO.replace("type: echo", "type: hub");
const LINKED = `nodes:
  c: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:9001"] }
  e: { type: hub }
  far: { type: hub }
`;
const OLD = listener("old", "inet/127.0.0.1:81", "e");
/** Needs the address of the former. */
const WIDER = listener("new", "inet/0.0.0.0:81", "f") + "  f: { type: hole }\n";
const UDP = `  two: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:9002"] }\n`;

/** Changes that close the connections of `front`, and need something that the system refuses. */
const CASES: readonly { readonly what: string; readonly from: string; readonly to: string }[] = [
  { what: "a new listener", from: ECHO, to: HUB + listener("two", BUSY, "e") },
  {
    what: "a new listener and its new peer",
    from: ECHO,
    to: `${HUB}${listener("two", BUSY, "n")}  n: { type: hole }\n`,
  },
  {
    what: "a listener that moves",
    from: ECHO + listener("two", "inet/127.0.0.1:81", "e"),
    to: HUB + listener("two", BUSY, "e"),
  },
  {
    what: "a new socket that is linked to a node that stays",
    from: `${ECHO}  join: { type: hub }\n`,
    to: `${HUB}  join: { type: hub }\n${UDP}links: [[two, join]]\n`,
  },
  {
    what: "a new listener of another topology",
    from: `name: t\n${ECHO}---\nname: u\nnodes: { h: { type: hole } }\n`,
    to: `name: t\n${HUB}---\nname: u\nnodes:\n${listener("two", BUSY, "h")}  h: { type: hole }\n`,
  },
];

for (const { what, from, to } of CASES) {
  test(`Engine.apply() closes nothing where the system refuses ${what}`, async () => {
    await using world = new MemoryEngine();
    world.echo(BUSY);
    world.memory.fail("bind inet/127.0.0.1:9002", "EADDRINUSE");
    await world.apply(from);
    const flow = await world.flow(FRONT);
    const outcome = await world.apply(to);
    assert.equal(outcome.result, "rolled-back");
    assert.equal(outcome.closed, 0);
    await flow.flows();
    await flow.stop();
    await world.memory.idle();
    assert.deepEqual((await world.plan(from)).steps, []);
  });
}

test("Engine.apply() does not reconnect a connector where the system refuses a new listener", async () => {
  await using world = new MemoryEngine();
  world.echo(BUSY);
  const peer = world.echo("inet/127.0.0.1:9001");
  const linked = `${LINKED}links: [[c, e]]\n`;
  await world.apply(linked);
  await world.memory.idle();
  const changed = linked.replace("e: { type: hub }", "e: { type: echo }").replace("9001", "9003");
  const outcome = await world.apply(changed.replace("links:", `${listener("two", BUSY, "far")}links:`));
  assert.equal(outcome.result, "rolled-back");
  assert.equal(outcome.closed, 0);
  await world.memory.idle();
  assert.equal(peer.connections, 1);
});

test("Engine.apply() prepares nothing that needs what others give up", async () => {
  await using world = new MemoryEngine();
  await world.apply(ECHO + OLD);
  const texts = (await world.plan(HUB + WIDER)).steps.map(({ text }) => text);
  assert.deepEqual(texts.slice(0, 3), ["mkpeer hole f", "shutdown", "shutdown"]);
  assert.equal((await world.apply(HUB + WIDER)).result, "applied");
});

test("Engine.apply() reports how many connections a change has closed that was rolled back", async () => {
  await using world = new MemoryEngine();
  await world.apply(ECHO + OLD);
  const flows = [await world.flow(FRONT), await world.flow(FRONT)];
  world.memory.fail("bind inet/0.0.0.0:81", "EACCES");
  const outcome = await world.apply(HUB + WIDER);
  await Promise.all(flows.map((flow) => flow.flowsOrEnds()));
  assert.deepEqual(flows.map(({ alive }) => alive), [false, false]);
  for (const flow of flows) flow.closed();
  assert.deepEqual([outcome.result, outcome.closed], ["rolled-back", 2]);
  const [status] = (await world.engine.status()).topologies;
  const stalled = status?.conditions.find(({ type }) => type === "Stalled");
  assert.match(stalled?.message ?? "", /; 2 connections closed$/);
  let shown = "";
  const process = { ...fakeRuntime({}).process, write: (_: string, text: string) => void (shown += text) };
  const output = new Output(process, { color: false });
  showApplyEvent({ kind: "outcome", outcome }, output, { format: "text", loaded: new Map() });
  assert.match(shown, /^Rolled back, 2 connections closed; generation 1 of "t" keeps running\.$/m);
});
