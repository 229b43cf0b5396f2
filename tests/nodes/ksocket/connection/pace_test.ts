/**
 * setconfig's `maxBytesPerSecond` and `totalBytesPerSecond`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ByteBudget, ByteClaim } from "../../../../src/nodes/ksocket/connection/byte_budget.ts";
import { VirtualClock } from "../../../../src/runtimes/memory/clock.ts";
import { octetsOf } from "../../../conformance/recorder.ts";
import { test } from "../../../harness.ts";
import { type Network, type Peer, sendTo, withNetwork as withOpenNetwork } from "../../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";
const MIB = 1024 * 1024;
const CHUNK = octetsOf("x".repeat(2 * 1024));

/** Sends as fast as its peer takes it, until the test is over: nothing limits a network in memory. */
function pump({ socket, owner }: Peer, over: AbortSignal): void {
  const send = (): void => {
    while (!over.aborted && socket.send(CHUNK, null) !== false);
  };
  owner.onDrained = send;
  send();
}

function withNetwork(body: (network: Network, over: AbortSignal) => Promise<void>): Promise<void> {
  return withOpenNetwork(async (network) => {
    const over = new AbortController();
    try {
      await body(network, over.signal);
    } finally {
      over.abort();
    }
  });
}

async function pass(network: Network, seconds: number): Promise<void> {
  for (let tenth = 0; tenth < 10 * seconds; tenth++) await network.memory.advance(100);
}

function assertNear(found: number, wanted: number, part: number): void {
  assert.ok(Math.abs(found - wanted) <= part * wanted, `${found} is not within ${part} of ${wanted}`);
}

test("maxBytesPerSecond holds within 5 % over 10 s, in both directions at once", () =>
  withNetwork(async (network, over) => {
    await network.listen(`{ connect=${BACK} }`, ["setconfig { maxBytesPerSecond=128KiB }"]);
    const { peers } = network.serve(BACK);
    const client = await network.connect();
    await network.idle();
    const [server] = peers;
    assert.ok(server !== undefined);
    pump(client, over);
    pump(server, over);
    await pass(network, 10);
    assertNear(server.owner.receivedBytes, 10 * MIB / 8, 0.05);
    assertNear(client.owner.receivedBytes, 10 * MIB / 8, 0.05);
  }));

test("maxBytesPerSecond is the rate of each connection", () =>
  withNetwork(async (network, over) => {
    await network.listen(`{ connect=${BACK} }`, ["setconfig { maxBytesPerSecond=64KiB }"]);
    const { peers } = network.serve(BACK);
    for (let count = 0; count < 3; count++) pump(await network.connect(), over);
    await pass(network, 10);
    for (const { owner } of peers) assertNear(owner.receivedBytes, 640 * 1024, 0.05);
  }));

test("totalBytesPerSecond holds for all connections together, which share it equally", () =>
  withNetwork(async (network, over) => {
    await network.listen(`{ connect=${BACK} }`, ["setconfig { totalBytesPerSecond=256KiB }"]);
    const { peers } = network.serve(BACK);
    for (let count = 0; count < 4; count++) pump(await network.connect(), over);
    await pass(network, 1);
    // One that comes later, and one that says little.
    const small = await network.connect();
    pump(await network.connect(), over);
    await network.idle();
    const before = peers.map(({ owner }) => owner.receivedBytes);
    for (let second = 0; second < 10; second++) {
      small.send("hello");
      await pass(network, 1);
    }
    const passed = peers.map(({ owner }, index) => owner.receivedBytes - (before[index] ?? 0));
    const [quiet, ...greedy] = [...passed].sort((one, other) => one - other);
    assert.equal(quiet, 50, "the small one is not starved");
    assertNear(greedy.reduce((sum, bytes) => sum + bytes, 0), 20 * MIB / 8, 0.05);
    for (const bytes of greedy) assertNear(bytes, 4 * MIB / 8, 0.1);
  }));

test("totalBytesPerSecond holds for short connections too", () =>
  withNetwork(async (network) => {
    await network.listen(`{ connect=${BACK} }`, ["setconfig { totalBytesPerSecond=12KiB }"]);
    const { peers } = network.serve(BACK);
    for (let count = 0; count < 100; count++) {
      const client = await network.connect();
      client.socket.send(CHUNK, null);
      client.socket.shutdown();
    }
    await pass(network, 5);
    const early = peers.reduce((sum, { owner }) => sum + owner.receivedBytes, 0);
    assert.ok(early < 100 * CHUNK.length, "not all of them at once");
    await pass(network, 20);
    assert.equal(peers.reduce((sum, { owner }) => sum + owner.receivedBytes, 0), 100 * CHUNK.length);
  }));

test("maxBytesPerSecond of a connecting ksocket can be set and taken away while it carries data", () =>
  withNetwork(async (network, over) => {
    const { peers } = network.serve(BACK);
    const node = await network.declare("up", "inet/stream/tcp", [
      "setconfig { maxBytesPerSecond=64KiB }",
      `connect ${BACK}`,
    ]);
    await network.release();
    await network.idle();
    const [server] = peers;
    assert.ok(server !== undefined);
    pump(server, over);
    const carried = () => network.hook(node).outBytes;
    await pass(network, 10);
    assertNear(carried(), 640 * 1024, 0.06);
    await network.msg("up", "setconfig { maxBytesPerSecond=256KiB }");
    const before = carried();
    await pass(network, 2);
    assertNear(carried() - before, MIB / 2, 0.1);
    let left = 4;
    server.owner.onDrained = () => {
      while (left-- > 0) server.socket.send(CHUNK, null);
    };
    await network.msg("up", "setconfig { maxBytesPerSecond=0 }");
    await network.idle();
    assert.equal(server.socket.queuedBytes, 0, "all has passed without time");
  }));

test("maxBytesPerSecond delays the datagrams of a flow, and keeps them up to maxQueueBytes", () =>
  withNetwork(async (network) => {
    await network.declare("front", "inet/dgram/udp", [
      "setconfig { maxBytesPerSecond=1KiB }",
      "bind inet/127.0.0.1:80",
    ]);
    const sink = await network.declare("sink", "hole");
    await network.msg("front", 'accept { peer="sink" }', { declared: true });
    await network.release();
    const client = network.datagrams("inet/127.0.0.1:1001");
    for (let count = 0; count < 20; count++) sendTo(client, "inet/127.0.0.1:80", "y".repeat(512));
    await network.idle();
    const arrived = () => [...sink.hooks.values()].reduce((sum, { inItems }) => sum + inItems, 0);
    assert.equal(arrived(), 1);
    await pass(network, 4);
    assertNear(arrived(), 8, 0.2);
    await pass(network, 8);
    assert.equal(arrived(), 20);
  }));

test("ByteBudget leaves no timer when its claims have left, and has no limit at rate 0", () => {
  const clock = new VirtualClock();
  let rate = 1_000;
  const budget = new ByteBudget(clock, () => rate);
  let grants = 0;
  const claim = new ByteClaim(budget, () => grants++);
  assert.equal(claim.charge(50), true);
  assert.equal(claim.charge(1_050), false);
  assert.equal(clock.pending, 1);
  clock.advance(900);
  assert.equal(grants, 0);
  clock.advance(200);
  assert.equal(grants, 1);
  assert.equal(claim.charge(5_000), false);
  claim.leave();
  assert.equal(clock.pending, 0);
  rate = 0;
  budget.changed();
  assert.equal(claim.charge(1e9), true);
  rate = 1_000;
  budget.changed();
  assert.equal(claim.charge(1_000), false);
  claim.leave();
});
