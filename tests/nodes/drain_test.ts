/**
 * Draining listeners: which connections are refused, end on their own, or are ended, and when.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { DrainResult } from "../../src/graph/core/drain.ts";
import { test } from "../harness.ts";
import { code, type Network, type Peer, withNetwork } from "../support/network.ts";

const BACK = "inet/127.0.0.1:9000";
const TEN_SECONDS = "{ timeout=10s }";

/** Four connections through a forwarder. */
async function four(network: Network): Promise<readonly Peer[]> {
  network.serve(BACK);
  await network.listen(`{ connect=${BACK} }`);
  const peers = [await network.connect(), await network.connect(), await network.connect(), await network.connect()];
  await network.idle();
  return peers;
}

function ended(peers: readonly Peer[]): number {
  return peers.filter(({ owner }) => owner.endedCount > 0).length;
}

test("drain lets connections end by themselves, closes the rest one after the other, and counts", () =>
  withNetwork(async (network) => {
    const peers = await four(network);
    const answer = network.msg("front", `drain ${TEN_SECONDS}`);
    peers[0]?.socket.abort();
    await network.idle();
    const seen: number[] = [];
    for (let second = 0; second < 10; second++) {
      network.memory.clock.advance(1_000);
      await network.idle();
      seen.push(ended(peers));
    }
    assert.equal(seen[4], seen[0], "no connection is closed in the first half");
    assert.deepEqual([...new Set(seen.slice(4))], [0, 1, 2, 3], "one after the other");
    assert.equal(await answer, "{ ended=1 closed=3 }");
    assert.equal(network.report("front").reasons["drain"], 3);
    assert.equal(network.report("front").connections?.active, 0);
    assert.deepEqual(network.undeclared(), []);
  }));

test("drain refuses new connections, until undrain", () =>
  withNetwork(async (network) => {
    await four(network);
    const answer = network.msg("front", `drain ${TEN_SECONDS}`);
    const late = await network.connect();
    await network.idle();
    assert.deepEqual(late.owner.errors.map((error) => error.code), ["ECONNRESET"]);
    assert.equal(network.report("front").draining, true);
    assert.equal(network.report("front").connections?.refused, 1);
    await network.msg("front", "undrain");
    assert.equal(await answer, "{ ended=0 closed=0 remaining=4 }");
    await network.connect();
    await network.idle();
    assert.equal(network.report("front").connections?.active, 5);
    network.memory.clock.advance(20_000);
    assert.equal(network.report("front").connections?.active, 5);
  }));

test("drain of a generation ends only what began under it, and takes new connections", () =>
  withNetwork(async (network) => {
    const peers = await four(network);
    await network.port.send("t/:", "setgeneration", "7");
    const young = await network.connect();
    await network.idle();
    assert.deepEqual(network.report("front").connections?.byGeneration, { 0: 4, 7: 1 });
    const answer = network.msg("front", `drain ${"{ timeout=0s generation=0 }"}`);
    assert.equal(await answer, "{ ended=0 closed=4 }");
    await network.idle();
    assert.equal(ended(peers), 4);
    assert.equal(ended([young]), 0);
    assert.equal(network.report("front").draining, undefined);
    await network.connect();
    await network.idle();
    assert.deepEqual(network.report("front").connections?.byGeneration, { 7: 2 });
  }));

test("drain takes over from a drain before it", () =>
  withNetwork(async (network) => {
    await four(network);
    const first = network.msg("front", `drain ${"{ timeout=1h }"}`);
    const second = network.msg("front", `drain ${"{ timeout=0s }"}`);
    assert.equal(await first, "{ ended=0 closed=0 }");
    assert.equal(await second, "{ ended=0 closed=4 }");
  }));

test("drain closes with what was sent before on its way", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`);
    const client = await network.connect();
    await network.idle();
    peers[0]?.send("last words");
    await network.idle();
    await network.msg("front", `drain ${"{ timeout=0s }"}`);
    await network.idle();
    assert.equal(client.owner.text(), "last words");
    assert.equal(client.owner.endedCount, 1);
    assert.deepEqual(client.owner.errors, []);
  }));

test("drain resets a connection that carries data until its end, on both sides", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`);
    const client = await network.connect();
    await network.idle();
    const answer = network.msg("front", "drain { timeout=2s }");
    peers[0]?.send("the first part");
    await network.idle();
    network.memory.clock.advance(2_000);
    await network.idle();
    assert.equal(await answer, "{ ended=0 closed=1 }");
    assert.deepEqual([client.owner.endedCount, client.owner.errors.map(({ code }) => code)], [0, ["ECONNRESET"]]);
    assert.deepEqual(peers[0]?.owner.errors.map(({ code }) => code), ["ECONNRESET"]);
    assert.equal(network.report("front").reasons["drain"], 1);
  }));

test("drain of a scope is also about connections whose listener is gone", () =>
  withNetwork(async (network) => {
    const peers = await four(network);
    await network.msg("front", "shutdown");
    await network.idle();
    assert.equal(ended(peers), 0);
    const { value } = await network.port.send("t/:", "drain", "{ timeout=0s }");
    const result: DrainResult = { ended: 0, closed: 4 };
    assert.deepEqual(value, result);
    await network.idle();
    assert.equal(ended(peers), 4);
  }));

test("drain of a node that does not listen is EINVAL", () =>
  withNetwork(async (network) => {
    await network.declare("out", "inet/stream/tcp");
    await assert.rejects(network.msg("out", "drain"), code("EINVAL"));
  }));
