import assert from "node:assert/strict";
import { parseText } from "../../../src/ascii/parse.ts";
import { sockaddr } from "../../../src/socket/address_text.ts";
import { parseEndpoint } from "../../../src/socket/endpoint.ts";
import type { Socket } from "../../../src/socket/socket.ts";
import { octetsOf, Recorder } from "../../conformance/recorder.ts";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";

const IN = "inet/10.0.0.1:514";

/** A socket that another program owns. */
type Sender = Pick<Socket, "send">;

/** Runs `body` with a topology that takes datagrams, and a socket that sends some. */
async function inWorld(rest: string, body: (world: MemoryEngine, sender: Sender) => Promise<void>): Promise<void> {
  await using world = new MemoryEngine();
  await world.apply(`
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "${IN}"] }
${rest}`);
  const own = world.memory.openSockets();
  const socket = own.open(parseEndpoint("inet/dgram/udp"));
  socket.owner = new Recorder();
  await body(world, socket);
  await own.close();
}

/** Sends so many datagrams, ten a second. */
async function send({ memory }: MemoryEngine, sender: Sender, count: number, text = "x"): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    sender.send(octetsOf(text), parseText(sockaddr, IN));
    await memory.advance(100);
  }
  await memory.idle();
}

async function healthOf({ engine }: MemoryEngine): Promise<string> {
  const { topologies: [topology] } = await engine.status();
  const [ready] = topology?.conditions ?? [];
  return `${topology?.health} ${ready?.status} ${ready?.reason}`;
}

const WELL = "Healthy True AllNodesReady";
const ALL = "Degraded False AllDropped";
/** What is sent to a bound socket needs an address, which it does not have. */
const NOWHERE = `
  out: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/10.0.0.1:99"] }
links: [[in, out]]
`;

test("DropHealth states that all is dropped, what for, and how often", () =>
  inWorld(NOWHERE, async (world, sender) => {
    assert.equal(await healthOf(world), WELL);
    await send(world, sender, 20);
    assert.equal(await healthOf(world), ALL);
    const { state, error, faults: [fault] } = await world.status("out");
    assert.equal(state, "degraded");
    assert.deepEqual([fault?.reason, fault?.code, fault?.serving], ["AllDropped", "ENOTCONN", false]);
    assert.match(error?.message ?? "", /^All items are dropped at hook "inet\/dgram\/udp": no_destination \(\d+ times/);
    assert.equal((await world.status("in")).state, "ready");
  }));

test("DropHealth takes one drop for no sign", () =>
  inWorld(NOWHERE, async (world, sender) => {
    await send(world, sender, 1);
    await world.memory.advance(5_000);
    assert.equal(await healthOf(world), WELL);
  }));

test("DropHealth forgets drops after a minute without one, and leaves no timer", () =>
  inWorld(NOWHERE, async (world, sender) => {
    await send(world, sender, 20);
    await world.memory.advance(50_000);
    assert.equal(await healthOf(world), ALL);
    await world.memory.advance(11_000);
    assert.equal(await healthOf(world), WELL);
    assert.equal(world.memory.clock.pending, 0);
  }));

test("DropHealth ends with the hook", () =>
  inWorld(NOWHERE, async (world, sender) => {
    await send(world, sender, 20);
    await world.apply(`nodes: { in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "${IN}"] } }`);
    assert.equal(await healthOf(world), WELL);
    await world.memory.advance(1_500);
    assert.equal(world.memory.clock.pending, 0);
  }));

test("DropHealth ignores answers that a mirror drops by its nature", () =>
  inWorld(
    `
  out: { type: ksocket, hook: inet/dgram/udp, messages: [connect: "inet/10.0.0.9:514"] }
links: [[in, out]]
`,
    async (world, sender) => {
      const own = world.memory.openSockets();
      const collector = own.open(parseEndpoint("inet/dgram/udp"));
      const owner = new Recorder();
      collector.owner = owner;
      collector.bind(parseText(sockaddr, "inet/10.0.0.9:514"));
      collector.resume();
      owner.answer = () => collector.send(octetsOf("answer"), owner.received.at(-1)?.from ?? null);
      await send(world, sender, 20);
      const { hooks: [hook] } = await world.status("in");
      assert.equal(hook?.dropped["no_destination"], 20);
      assert.equal(await healthOf(world), WELL);
      await own.close();
    },
  ));

test("DropHealth ignores items that are dropped for what they are", () =>
  inWorld(
    `
  lines: { type: frame, messages: [setconfig: { framing: newline, maxSize: 4 }] }
  out: { type: hole }
links: [[in, "lines:items"], ["lines:stream", out]]
`,
    async (world, sender) => {
      await send(world, sender, 20, "far too long");
      const { hooks } = await world.status("lines");
      assert.ok(hooks.some(({ dropped }) => Object.keys(dropped).length > 0));
      assert.equal(await healthOf(world), WELL);
    },
  ));

test("DropHealth states a loop, and that traffic passes again", () =>
  inWorld(
    `
  bus: { type: hub }
  one: { type: echo }
  two: { type: echo }
links: [[in, bus], [bus, one], [bus, two]]
`,
    async (world, sender) => {
      await send(world, sender, 1);
      await world.memory.advance(1_000);
      assert.equal(await healthOf(world), "Degraded True Loop");
      await world.msg("two", "shutdown");
      await send(world, sender, 5);
      await world.memory.advance(1_000);
      assert.equal((await world.status("bus")).state, "ready");
    },
  ));
