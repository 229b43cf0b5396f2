/**
 * How long connecting and connections took and how long sockets were pushed back, by a virtual clock.
 *
 * @module
 */

import assert from "node:assert/strict";
import { addTimings, CONNECT_BOUNDS, Timings, type TimingsSnapshot } from "../../src/graph/data/timings.ts";
import { wholeOctets } from "../conformance/recorder.ts";
import { test } from "../harness.ts";
import { type Network, withNetwork } from "../support/network.ts";

const BACK = "inet/127.0.0.1:9000";
const TO_BACK = `{ connect=${BACK} }`;
/** The copies that `connect=` makes. */
const UPSTREAM = "connect/upstream";
/** More than all buffers on the way take. */
const MUCH = 4 * 1024 * 1024;

async function timings(network: Network, node: string): Promise<TimingsSnapshot> {
  const found = (await network.port.snapshot("t"))?.timings?.[node];
  assert.ok(found, node);
  return found;
}

/** A connection whose server does not read, and whose client has sent more than there is room for. */
async function stuck(network: Network) {
  const { peers } = network.serve(BACK);
  await network.listen(TO_BACK);
  const client = await network.connect();
  await network.idle();
  const [server] = peers;
  assert.ok(server);
  server.owner.answer = () => false;
  client.socket.send(wholeOctets(new Uint8Array(MUCH)), null);
  await network.idle();
  return { client, server };
}

test("ksocket counts how long connecting and connections took, copies and clones by what they come from", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.listen(TO_BACK);
    const clients = [await network.connect(), await network.connect()];
    await network.idle();
    assert.deepEqual((await timings(network, "front")).connection?.counts, [0, 0, 0, 0, 0, 0, 0, 0, 0]);
    await network.memory.advance(5_000);
    clients[0]?.socket.abort();
    await network.memory.advance(15_000);
    clients[1]?.socket.abort();
    await network.idle();
    for (const node of ["front", UPSTREAM]) {
      const ended = { counts: [0, 0, 0, 1, 1, 0, 0, 0, 0], sumMs: 25_000 };
      assert.deepEqual((await timings(network, node)).connection, ended, node);
    }
    assert.equal((await timings(network, "front")).connect, null);
    assert.deepEqual((await timings(network, UPSTREAM)).connect, { counts: [2, 0, 0, 0, 0, 0, 0, 0, 0, 0], sumMs: 0 });
  }));

test("ksocket counts no connect that failed, and no connection of it", () =>
  withNetwork(async (network) => {
    await network.declare("out", "inet/stream/tcp");
    await assert.rejects(network.msg("out", `connect ${BACK}`));
    const snapshot = await network.port.snapshot("t");
    assert.deepEqual(snapshot?.timings, {});
  }));

test("ksocket counts the time under back-pressure: out at the slow side, in at the side that waits for it", () =>
  withNetwork(async (network) => {
    const { server } = await stuck(network);
    await network.memory.advance(3_000);
    assert.deepEqual((await timings(network, UPSTREAM)).backpressureMs, { in: 0, out: 3_000 });
    assert.deepEqual((await timings(network, "front")).backpressureMs, { in: 3_000, out: 0 });
    server.owner.answer = () => {};
    server.socket.resume();
    await network.idle();
    assert.equal(server.owner.receivedBytes, MUCH);
    await network.memory.advance(2_000);
    assert.deepEqual((await timings(network, UPSTREAM)).backpressureMs, { in: 0, out: 3_000 });
    assert.deepEqual((await timings(network, "front")).backpressureMs, { in: 3_000, out: 0 });
  }));

test("ksocket ends counting with a connection that was pushed back, and keeps what it counted when renamed", () =>
  withNetwork(async (network) => {
    const { client } = await stuck(network);
    await network.memory.advance(1_000);
    await network.msg("front", 'name { name="door" }');
    client.socket.abort();
    await network.memory.advance(9_000);
    assert.deepEqual((await timings(network, "door")).backpressureMs, { in: 1_000, out: 0 });
    assert.equal((await timings(network, "door")).connection?.sumMs, 1_000);
    assert.deepEqual((await timings(network, UPSTREAM)).backpressureMs, { in: 0, out: 1_000 });
  }));

test("Timings puts a duration at its bound, and adds up with another part", () => {
  const timings = new Timings();
  const [first = 0, second = 0] = CONNECT_BOUNDS;
  for (const seconds of [first, first + 0.0001, second, 1e6]) timings.connected(seconds * 1_000);
  timings.block("out", 10);
  timings.block("out", 20);
  timings.unblock("out", 30);
  const snapshot = timings.snapshot(50);
  assert.deepEqual(snapshot.connect?.counts, [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]);
  // One was blocked from 10 to 30 or from 20 to 30, the other still is: together it is the same.
  assert.deepEqual(snapshot.backpressureMs, { in: 0, out: 50 });
  const sum = addTimings(snapshot, { ...snapshot, connection: { counts: [1], sumMs: 2 } });
  assert.deepEqual(sum.connect?.counts, [2, 4, 0, 0, 0, 0, 0, 0, 0, 2]);
  assert.deepEqual([sum.connection, sum.backpressureMs.out], [{ counts: [1], sumMs: 2 }, 100]);
});
