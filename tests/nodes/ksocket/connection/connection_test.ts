/**
 * The data path of a ksocket: datagrams and their tags, streams before and after they are connected, ends both ways.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Node } from "../../../../src/graph/core/node.ts";
import { AddressTag } from "../../../../src/nodes/address_tag.ts";
import type { SocketAddress } from "../../../../src/socket/address.ts";
import { test } from "../../../harness.ts";
import { makeProbe, octets, type Probe } from "../../../support/graph.ts";
import { type Network, sendTo, withNetwork } from "../../../support/network.ts";
import { snapshotNode } from "../../../../src/graph/snapshot/snapshot_scope.ts";

const BACK = "inet/127.0.0.1:9000";
const PEER = "inet/127.0.0.1:5000";
const PEER_ADDRESS: SocketAddress = { family: "inet", host: "127.0.0.1", port: 5000 };

/** A manually created ksocket at the test's own end, which calls its hook `x`. */
async function joinProbe(
  network: Network,
  hook: string,
  messages: readonly string[] = [],
): Promise<{ probe: Probe; node: Node; path: string }> {
  const probe = makeProbe(network.graph);
  await network.msg(probe.node.path, `mkpeer { type="ksocket" ourhook="x" peerhook="${hook}" }`);
  const node = probe.node.hooks.get("x")?.peer?.node;
  if (node === undefined) throw new RangeError("No ksocket");
  for (const message of messages) await network.msg(node.path, message);
  return { probe, node, path: node.path };
}

function dropped(node: Node): Readonly<Record<string, number>> {
  const [hook] = node.hooks.values();
  return hook?.dropped() ?? {};
}

test("a datagram goes to the address of a tag of its own id or of 0, else nowhere, counted", () =>
  withNetwork(async (network) => {
    const peer = network.datagrams(PEER);
    const { probe, node } = await joinProbe(network, "inet/dgram/udp", ["bind inet/127.0.0.1:0"]);
    const send = (text: string, id: number) => {
      probe.end.send("x", octets(text), { tag: new AddressTag(id, PEER_ADDRESS) });
    };
    send("own", node.id);
    send("any", 0);
    send("other", node.id + 1);
    probe.end.send("x", octets("none"));
    await network.idle();
    assert.deepEqual(peer.owner.received.map(({ bytes }) => new TextDecoder().decode(bytes)), ["own", "any"]);
    assert.deepEqual(dropped(node), { no_destination: 2 });
  }));

test("a connected datagram socket sends to its peer, rejects a tag that is for it, and receives from no other", () =>
  withNetwork(async (network) => {
    const [peer, other] = [network.datagrams(PEER), network.datagrams("inet/127.0.0.1:5001")];
    const { probe, node } = await joinProbe(network, "inet/dgram/udp", ["bind inet/127.0.0.1:70", `connect ${PEER}`]);
    probe.end.send("x", octets("1"));
    probe.end.send("x", octets("2"), { tag: new AddressTag(node.id + 1, PEER_ADDRESS) });
    probe.end.send("x", octets("3"), { tag: new AddressTag(node.id, PEER_ADDRESS) });
    sendTo(peer, "inet/127.0.0.1:70", "hello");
    sendTo(other, "inet/127.0.0.1:70", "spam");
    await network.idle();
    assert.deepEqual([peer.owner.text(), probe.got, dropped(node)], ["12", ["x hello"], { no_destination: 1 }]);
  }));

test("echo answers each sender of an unconnected datagram socket", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.declareAt("in", { hook: "inet/dgram/udp", to: "echo" }, ["bind inet/127.0.0.1:7"]);
    const [one, other] = [network.datagrams(PEER), network.datagrams("inet/127.0.0.1:5001")];
    sendTo(one, "inet/127.0.0.1:7", "early");
    await network.idle();
    assert.equal(one.owner.text(), "");
    await network.release();
    sendTo(other, "inet/127.0.0.1:7", "other");
    sendTo(one, "inet/127.0.0.1:7", "");
    await network.idle();
    assert.deepEqual([one.owner.text(), one.owner.received.length, other.owner.text()], ["early", 2, "other"]);
  }));

test("a held datagram socket reads nothing, whatever its neighbours say", () =>
  withNetwork(async (network) => {
    const tap = await network.declare("tap", "tee");
    const node = await network.declareAt("in", { hook: "inet/dgram/udp", to: "tap:left" }, ["bind inet/127.0.0.1:7"]);
    const peer = network.datagrams(PEER);
    sendTo(peer, "inet/127.0.0.1:7", "early");
    // A side of the tee goes away, which lets who waited for it go on.
    const probe = makeProbe(network.graph);
    network.graph.connect({ node: probe.node, hook: "x" }, { node: tap, hook: "right" });
    network.graph.shutdown(probe.node);
    await network.idle();
    assert.equal(network.hook(node).outItems, 0);
    await network.release();
    await network.idle();
    assert.equal(network.hook(node).outItems, 1);
  }));

test("a manually created datagram socket reads answers without bind", () =>
  withNetwork(async (network) => {
    const peer = network.datagrams(PEER);
    const { probe } = await joinProbe(network, "inet/dgram/udp");
    probe.end.send("x", octets("question"), { tag: new AddressTag(0, PEER_ADDRESS) });
    await network.idle();
    const from = peer.owner.received[0]?.from;
    assert.ok(from?.family === "inet");
    sendTo(peer, `inet/127.0.0.1:${from.port}`, "answer");
    await network.idle();
    assert.deepEqual(probe.got, ["x answer"]);
  }));

test("datagrams that are too big, or more than may be queued, are dropped and counted", () =>
  withNetwork(async (network) => {
    const { probe, node, path } = await joinProbe(network, "inet/dgram/udp", [`connect ${PEER}`]);
    probe.end.send("x", new Uint8Array(65_508));
    await network.msg(path, "setconfig { maxQueueBytes=10 }");
    probe.end.send("x", new Uint8Array(11));
    assert.deepEqual(dropped(node), { too_big: 1, queue_full: 1 });
  }));

test("datagrams have no end: an end signal is ignored, and rejections by the system are counted", () =>
  withNetwork(async (network) => {
    const { probe, node } = await joinProbe(network, "inet/dgram/udp", [`connect ${PEER}`]);
    probe.end.end("x");
    network.memory.fail(`send ${PEER}`, "ECONNREFUSED");
    probe.end.send("x", octets("lost"));
    assert.deepEqual([dropped(node), node.behaviour.report?.().reasons], [{}, { refused: 1 }]);
  }));

test("what comes for a stream that is not connected goes nowhere, counted", () =>
  withNetwork(async (network) => {
    const { probe, node } = await joinProbe(network, "inet/stream/tcp");
    probe.end.send("x", octets("1"));
    probe.end.end("x");
    assert.deepEqual(dropped(node), { no_destination: 1 });
  }));

for (const to of [BACK, "inet/localhost:9000"]) {
  test(`what comes while a stream connects to ${to} waits, its end too, and its sender is pushed back`, () =>
    withNetwork(async (network) => {
      const { peers } = network.serve(BACK);
      const { probe, path } = await joinProbe(network, "inet/stream/tcp");
      const connected = network.msg(path, `connect ${to}`);
      assert.equal(probe.end.send("x", octets("early ")), false);
      assert.equal(probe.end.send("x", octets("bird")), false);
      probe.end.end("x");
      await connected;
      await network.idle();
      assert.deepEqual([peers[0]?.owner.text(), peers[0]?.owner.endedCount], ["early bird", 1]);
      assert.deepEqual(probe.resumed, ["x"]);
    }));
}

test("what waited for a connect that failed is dropped, counted, and its sender let go", () =>
  withNetwork(async (network) => {
    const { probe, node, path } = await joinProbe(network, "inet/stream/tcp");
    const connected = assert.rejects(network.msg(path, `connect ${BACK}`), { code: "ECONNREFUSED" });
    probe.end.send("x", octets("early"));
    await connected;
    assert.deepEqual([dropped(node), probe.resumed], [{ no_destination: 1 }, ["x"]]);
  }));

test("what waits for a connect is bounded: beyond maxQueueBytes the stream is ended", () =>
  withNetwork(async (network) => {
    const { probe, node, path } = await joinProbe(network, "inet/stream/tcp", ["setconfig { maxQueueBytes=10 }"]);
    const connected = assert.rejects(network.msg(path, `connect ${BACK}`), { code: "ECANCELED" });
    probe.end.send("x", new Uint8Array(11));
    await connected;
    assert.deepEqual([dropped(node), snapshotNode(node, 0).reason], [{ queue_full: 1 }, "queue_full"]);
  }));

test("two ksockets that are joined pass ends both ways, one after the other, and are over then", () =>
  withNetwork(async (network) => {
    const [one, other] = [network.serve("inet/127.0.0.1:1"), network.serve("inet/127.0.0.1:2")];
    await network.port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="a" }');
    await network.port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="b" }');
    const hooks = 'hook="inet/stream/tcp" peer="b" peerhook="inet/stream/tcp"';
    await network.port.send("t/:", "link", `{ node="a" ${hooks} }`);
    await network.msg("a", "connect inet/127.0.0.1:1");
    await network.msg("b", "connect inet/127.0.0.1:2");
    await network.idle();
    one.peers[0]?.send("from one");
    one.peers[0]?.socket.shutdown();
    await network.idle();
    assert.deepEqual([other.peers[0]?.owner.text(), other.peers[0]?.owner.endedCount], ["from one", 1]);
    assert.deepEqual([network.node("a").phase, network.node("b").phase], ["starting", "starting"]);
    other.peers[0]?.send("from other");
    other.peers[0]?.socket.shutdown();
    await network.idle();
    assert.deepEqual([one.peers[0]?.owner.text(), one.peers[0]?.owner.endedCount], ["from other", 1]);
    assert.deepEqual([snapshotNode(network.node("a"), 0).reason, snapshotNode(network.node("b"), 0).reason], [
      "eof",
      "eof",
    ]);
    const failed = network.events.filter((event) => event.kind === "failed").map(({ node, reason }) => [node, reason]);
    assert.deepEqual(failed.sort(), [["a", "eof"], ["b", "eof"]]);
  }));

test("a stream pushes its hook back when it is full, and resumes it", () =>
  withNetwork(async (network) => {
    const listener = network.socket();
    listener.socket.bind({ family: "inet", host: "127.0.0.1", port: 9000 });
    listener.socket.listen(1);
    const { probe } = await joinProbe(network, "inet/stream/tcp", [`connect ${BACK}`]);
    let sent = 0;
    while (probe.end.send("x", new Uint8Array(64 * 1024)) !== false) sent++;
    assert.ok(sent < 32);
    listener.socket.accept();
    await listener.owner.until(() => listener.owner.children.length > 0);
    listener.owner.children[0]?.socket.resume();
    await network.idle();
    assert.deepEqual(probe.resumed, ["x"]);
    assert.equal(listener.owner.children[0]?.owner.receivedBytes, (sent + 1) * 64 * 1024);
  }));

test("a stream stops reading while its hook is full", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const { probe } = await joinProbe(network, "inet/stream/tcp", [`connect ${BACK}`]);
    await network.idle();
    probe.full = true;
    peers[0]?.send("1");
    await network.idle();
    peers[0]?.send("2");
    await network.idle();
    assert.deepEqual(probe.got, ["x 1"]);
    probe.full = false;
    probe.node.hooks.get("x")?.resume();
    await network.idle();
    assert.deepEqual(probe.got, ["x 1", "x 2"]);
  }));

test("a stream that is reset signals its hook once", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const { probe, node } = await joinProbe(network, "inet/stream/tcp", [`connect ${BACK}`]);
    await network.idle();
    peers[0]?.socket.abort();
    await network.idle();
    assert.deepEqual([probe.got, snapshotNode(node, 0).reason], [["x abort"], "reset"]);
    probe.end.send("x", octets("late"));
    assert.deepEqual(dropped(node), { no_destination: 1 });
  }));
