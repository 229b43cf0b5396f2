/**
 * Connections whose client has ended its direction, before nodes that end nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DEFAULT_POLICY } from "../../../../src/graph/fan_out/branch_policy.ts";
import { pattern, wholeOctets } from "../../../conformance/recorder.ts";
import { test } from "../../../harness.ts";
import { FRONT, type Network, type Peer, withNetwork } from "../../../support/network.ts";

const COLLECTOR = "inet/127.0.0.1:514";
const FRAME = '{ name="lines" type="frame" }';
const UDP =
  `{ name="udp" type="ksocket" hook="inet/dgram/udp" messages=[ { command="connect" argument="${COLLECTOR}" } ] }`;
const ENTRY = 'entry={ node="lines" hook="stream" }';

/** Lines go on as datagrams of a socket of their own. */
const TO_DATAGRAMS =
  `${ENTRY} nodes=[ ${FRAME} ${UDP} ] links=[ { one={ node="lines" hook="items" } other={ node="udp" } } ]`;
/** Lines go to a hub that all connections share. */
const TO_SHARED = `${ENTRY} nodes=[ ${FRAME} ] links=[ { one={ node="lines" hook="items" } other={ node="bus" } } ]`;

/** A client has sent a line and ended its direction. */
async function half(network: Network, template: string, before: readonly string[] = []): Promise<Peer> {
  await network.template("s", template);
  await network.listen('{ template="s" }', before);
  const client = await network.connect(FRONT);
  client.send("hello\n");
  client.socket.shutdown();
  await network.idle();
  return client;
}

const active = (network: Network) => network.report("front").connections?.active;

test("a client before a shared node ends at once, when all is delivered", () =>
  withNetwork(async (network) => {
    await network.declare("bus", "hub");
    await network.declare("sink", "hole");
    await network.port.send("t/:", "link", '{ node="bus" peer="sink" }');
    await half(network, TO_SHARED);
    assert.equal(active(network), 0);
    assert.equal(network.traffic("sink").in.bytes, 5);
    assert.equal(network.report("front").reasons["eof"], 1);
  }));

test("a client before datagrams waits for answers, and ends well when none comes for a while", () =>
  withNetwork(async (network) => {
    const collector = network.datagrams(COLLECTOR);
    const client = await half(network, TO_DATAGRAMS);
    assert.equal(active(network), 1);
    const from = collector.owner.received[0]?.from ?? null;
    collector.socket.send(wholeOctets(new TextEncoder().encode("answer")), from);
    await network.memory.advance(4_000);
    assert.equal(client.owner.text(), "answer\n");
    assert.equal(active(network), 1);
    await network.memory.advance(5_000);
    assert.equal(active(network), 0);
    assert.deepEqual(network.report("front").reasons, { eof: 1 });
  }));

test("halfCloseTimeout reports how long a client waits for datagrams", () =>
  withNetwork(async (network) => {
    network.datagrams(COLLECTOR);
    await half(network, TO_DATAGRAMS, ["setconfig { halfCloseTimeout=1m }"]);
    await network.memory.advance(50_000);
    assert.equal(active(network), 1);
    await network.memory.advance(30_000);
    assert.equal(active(network), 0);
    assert.deepEqual(network.report("front").reasons, { half_close_timeout: 1 });
  }));

/** Why connections of `front` were closed, in words. */
const reported = ({ events }: Network) =>
  events.flatMap((event) => event.kind === "connection-failed" ? [`${event.reason}: ${event.error.message}`] : []);

test("a full queue is reported of the client that does not read, not as something that it sent", () =>
  withNetwork(async (network) => {
    await network.declare("room", "hub");
    await network.listen('{ peer="room" }');
    // With one receiver the sender waits: it is the path. The second one is a branch.
    const [sender] = [await network.connect(), await network.connect()];
    const slow = network.socket();
    await new Promise((done) => slow.socket.connect({ family: "inet", host: "127.0.0.1", port: 80 }, done));
    await network.idle();
    sender.socket.send(wholeOctets(pattern(2 * DEFAULT_POLICY.bytes, 1)), null);
    await network.idle();
    assert.match(reported(network).join(), /^queue_full: The client reads more slowly than data is sent to it/);
  }));

test("a connection that breaks the framing is reported with its reason and its peer", () =>
  withNetwork(async (network) => {
    await network.declare("bus", "hub");
    const framing = '{ command="setconfig" argument="{ framing=octet-counted }" }';
    await network.template("s", TO_SHARED.replace('type="frame"', `type="frame" messages=[ ${framing} ]`));
    await network.listen('{ template="s" }');
    const client = await network.connect(FRONT);
    client.send("no length\n");
    await network.idle();
    const [event, ...others] = network.events.flatMap((one) => one.kind === "connection-failed" ? [one] : []);
    assert.deepEqual([event?.node, others], ["front", []]);
    assert.deepEqual(reported(network), ["framing: The client sent data that breaks the framing"]);
    assert.equal(event?.peer?.startsWith("inet/127.0.0.1:"), true);
  }));
