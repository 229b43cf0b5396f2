/**
 * Time-outs of connections, on a clock that the test moves: nothing flows, something flows, one side has ended.
 *
 * @module
 */

import assert from "node:assert/strict";
import { VirtualClock } from "../../../../src/runtimes/memory/clock.ts";
import { ActivityWatch } from "../../../../src/nodes/ksocket/connection/activity.ts";
import { test } from "../../../harness.ts";
import { FRONT, type Network, withNetwork } from "../../../support/network.ts";
import { snapshotNode } from "../../../../src/graph/snapshot/snapshot_scope.ts";

const BACK = "inet/127.0.0.1:9000";

function reasons(network: Network): Readonly<Record<string, number>> {
  return network.report("front").reasons;
}

test("ActivityWatch expires after a standstill of its span, not before, and not while anything flows", () => {
  const clock = new VirtualClock();
  let count = 0;
  let expired = 0;
  const watch = new ActivityWatch({ activity: () => count, expired: () => expired++ });
  watch.start(clock, 1000);
  clock.advance(900);
  count++;
  clock.advance(900);
  assert.equal(expired, 0);
  clock.advance(1100);
  assert.equal(expired, 1);
  assert.equal(clock.pending, 0);
});

test("ActivityWatch expires each of many after its own standstill, with one timer for all of them", () => {
  const clock = new VirtualClock();
  const expired: string[] = [];
  const watches = ["first", "second", "third"].map((name) => {
    return new ActivityWatch({ activity: () => 0, expired: () => expired.push(name) });
  });
  for (const watch of watches) {
    watch.start(clock, 1000);
    clock.advance(100);
  }
  assert.equal(clock.pending, 1);
  clock.advance(690);
  assert.deepEqual(expired, []);
  clock.advance(10);
  assert.deepEqual(expired, ["first"]);
  watches[1]?.stop();
  clock.advance(250);
  assert.deepEqual(expired, ["first", "third"], "it began 200 ms after a look, and counts from the next");
  assert.equal(clock.pending, 0);
});

test("ActivityWatch may stop others from within, when it expires", () => {
  const clock = new VirtualClock();
  let expired = 0;
  const watches: ActivityWatch[] = [];
  const expire = (): void => {
    expired++;
    for (const watch of watches) watch.stop();
  };
  for (let count = 0; count < 5; count++) watches.push(new ActivityWatch({ activity: () => 0, expired: expire }));
  for (const watch of watches) watch.start(clock, 1000);
  clock.advance(2000);
  assert.equal(expired, 1);
  assert.equal(clock.pending, 0);
});

test("ActivityWatch with a span of 0 never expires, and stop() leaves no timer", () => {
  const clock = new VirtualClock();
  const watch = new ActivityWatch({ activity: () => 0, expired: () => assert.fail("It expired") });
  watch.start(clock, 0);
  assert.equal(clock.pending, 0);
  watch.start(clock, 10);
  watch.stop();
  assert.equal(clock.pending, 0);
});

test("idleTimeout ends a connection in which nothing flows, with its copy, counted as such", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`, ["setconfig { idleTimeout=10s }"]);
    const client = await network.connect();
    await network.memory.advance(9_000);
    client.send("x");
    await network.memory.advance(9_000);
    assert.equal(network.undeclared().length, 2);
    await network.memory.advance(4_000);
    assert.deepEqual(network.undeclared(), []);
    assert.deepEqual(reasons(network), { idle_timeout: 1 });
    assert.deepEqual([client.owner.errors.length, peers[0]?.owner.errors.length], [1, 1]);
  }));

for (const who of ["client", "server"]) {
  test(`halfCloseTimeout ends a connection whose ${who} has ended, counted as such`, () =>
    withNetwork(async (network) => {
      const { peers } = network.serve(BACK);
      await network.listen(`{ connect=${BACK} }`);
      const client = await network.connect();
      await network.idle();
      (who === "client" ? client : peers[0])?.socket.shutdown();
      await network.memory.advance(599_000);
      assert.equal(network.undeclared().length, 2);
      await network.memory.advance(2_000);
      assert.deepEqual(network.undeclared(), []);
      assert.deepEqual(reasons(network), { half_close_timeout: 1 });
    }));
}

test("halfCloseTimeout lets what still flows flow", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`, ["setconfig { halfCloseTimeout=4s }"]);
    const client = await network.connect();
    client.socket.shutdown();
    for (let turn = 0; turn < 5; turn++) {
      await network.memory.advance(3_000);
      peers[0]?.send("more ");
    }
    await network.idle();
    assert.equal(client.owner.text(), "more more more more more ");
    assert.equal(network.undeclared().length, 2);
  }));

test("setconfig idleTimeout holds for a connection that runs, and what it had before is given up", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    const node = await network.declare("out", "inet/stream/tcp", [`connect ${BACK}`]);
    await network.release();
    await network.msg("out", "setconfig { idleTimeout=5s }");
    await network.memory.advance(6_000);
    assert.deepEqual([node.phase, snapshotNode(node, 0).reason], ["failed", "idle_timeout"]);
  }));

test("accept messages may give clones an idleTimeout of their own", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" messages=[ "setconfig { idleTimeout=5s }" ] }');
    await network.connect(FRONT);
    await network.memory.advance(6_000);
    assert.deepEqual(reasons(network), { idle_timeout: 1 });
  }));

test("setconfig of a listener holds for upstreams of connections that come later", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`);
    await network.msg("front", "setconfig { idleTimeout=5s }");
    await network.connect();
    await network.idle();
    const upstream = network.undeclared().find(({ origin }) => origin.template !== null);
    assert.match(await network.msg(upstream?.path ?? "", "getconfig") ?? "", /idleTimeout=5s/);
  }));

test("halfCloseTimeout counts from the last byte that the peer took, at either side of a copy", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`, ["setconfig { halfCloseTimeout=4s }"]);
    const client = await network.connect();
    await network.idle();
    const [server] = peers;
    assert.ok(server !== undefined);
    // The server takes a little every second, and answers at the end.
    server.owner.answer = () => {
      network.memory.clock.after(1_000, () => server.socket.resume());
      return false;
    };
    const sent = "x".repeat(1_000_000);
    client.send(sent);
    client.socket.shutdown();
    for (let second = 0; second < 60 && server.owner.endedCount === 0; second++) await network.memory.advance(1_000);
    server.send("done");
    server.socket.shutdown();
    await network.memory.advance(1_000);
    assert.deepEqual([server.owner.receivedBytes, client.owner.text()], [sent.length, "done"]);
    assert.deepEqual(reasons(network), { eof: 1 });
  }));

test("halfCloseTimeout is ten minutes: an answer that takes longer than one arrives", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`);
    const client = await network.connect();
    client.send("question");
    client.socket.shutdown();
    await network.memory.advance(9 * 60_000);
    peers[0]?.send("answer");
    peers[0]?.socket.shutdown();
    await network.memory.advance(1_000);
    assert.deepEqual([client.owner.text(), client.owner.endedCount], ["answer", 1]);
    assert.deepEqual(reasons(network), { eof: 1 });
  }));
