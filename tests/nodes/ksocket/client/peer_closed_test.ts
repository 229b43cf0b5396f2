/**
 * A declared connection that goes one way, whose peer ends its direction.
 *
 * @module
 */

import assert from "node:assert/strict";
import { wholeOctets } from "../../../conformance/recorder.ts";
import { test } from "../../../harness.ts";
import { parseText } from "../../../../src/ascii/parse.ts";
import { PeerClosed } from "../../../../src/nodes/ksocket/client/peer_closed.ts";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import { type Network, withNetwork } from "../../../support/network.ts";

const COLLECTOR = "inet/127.0.0.1:9100";

/** A connection to a collector behind a hub, and the collector. */
async function oneWay(network: Network) {
  const served = network.serve(COLLECTOR);
  await network.declare("copies", "hub");
  await network.declareAt("collector", { hook: "inet/stream/tcp", to: "copies" }, [`connect ${COLLECTOR}`]);
  await network.release();
  await network.idle();
  return served;
}

const failures = (network: Network) => network.events.filter(({ kind }) => kind === "failed");

test("a connection of some age ends when its peer has ended its direction, so that it is renewed", () =>
  withNetwork(async (network) => {
    const { peers } = await oneWay(network);
    await network.memory.advance(6_000);
    peers[0]?.socket.shutdown();
    await network.idle();
    assert.equal(failures(network).length, 1);
    assert.equal(network.node("collector").phase, "failed");
  }));

test("a peer that accepts no data for ten seconds is noted until it reads", () =>
  withNetwork(async (network) => {
    const { peers } = await oneWay(network);
    await network.listen('{ peer="copies" }');
    const client = await network.connect();
    const peer = peers[0];
    if (peer !== undefined) peer.owner.answer = () => false;
    for (let sent = 0; sent < 32; sent++) client.socket.send(wholeOctets(new Uint8Array(1 << 20)), null);
    await network.idle();
    const notes = (): readonly string[] => network.report("collector").notes;
    await network.memory.advance(9_000);
    assert.deepEqual(notes(), []);
    await network.memory.advance(1_000);
    assert.match(notes().join(), /^Senders wait since .*Z: the peer reads slowly or not at all$/);
    if (peer !== undefined) peer.owner.answer = () => {};
    peer?.socket.resume();
    await network.idle();
    assert.deepEqual(notes(), []);
  }));

test("a young connection whose peer ends its direction stays, as such peers read on", () =>
  withNetwork(async (network) => {
    const { peers } = await oneWay(network);
    peers[0]?.socket.shutdown();
    await network.idle();
    assert.deepEqual(failures(network), []);
    assert.deepEqual(network.report("collector").faults?.map(({ reason }) => reason), ["PeerClosed"]);
  }));

test("what was sent to a peer that had ended its direction, and resets the connection then, is counted as dropped", () =>
  withNetwork(async (network) => {
    const { peers } = await oneWay(network);
    await network.listen('{ peer="copies" }');
    const client = await network.connect();
    const collector = network.hook(network.node("collector"));
    client.send("before");
    await network.idle();
    peers[0]?.socket.shutdown();
    await network.idle();
    client.send("lost");
    client.send("too");
    await network.idle();
    peers[0]?.socket.abort();
    await network.idle();
    assert.equal(failures(network).length, 1);
    const { dropped, droppedBytes } = collector.row;
    assert.deepEqual([dropped, droppedBytes], [{ reset: 2 }, { reset: 7 }]);
    client.socket.abort();
  }));

for (const acknowledges of [true, false]) {
  const how = acknowledges ? "hears of a reset at once" : "hears of a reset only when it sends again";
  test(`what was sent to a peer that is gone does not count as taken where the runtime ${how}`, () =>
    withNetwork(async (network) => {
      const { graph: { clock }, sockets: runtime } = network;
      const node = await network.declare("copies", "hub");
      let items = 0;
      const said: string[] = [];
      const peer = parseText(sockaddr, COLLECTOR);
      const watched = new PeerClosed({
        node,
        clock,
        runtime,
        peer,
        acknowledges,
        sent: () => ({ items, bytes: items * 4 }),
        lost: (tally) => said.push(`lost ${tally.items} items, ${tally.bytes} bytes`),
        finish: () => said.push("renewed"),
        changed: () => said.push("well"),
      });
      await network.memory.advance(500);
      items = 1;
      await network.memory.advance(4_000);
      assert.deepEqual(said, acknowledges ? ["well"] : ["lost 1 items, 4 bytes", "renewed"]);
      assert.deepEqual(watched.faults(), []);
    }));
}
