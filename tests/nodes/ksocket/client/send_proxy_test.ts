/**
 * PROXY headers that are sent: `sendProxy` of a ksocket, and `proxy` of a target.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readProxyHeader } from "../../../../src/socket/proxy_protocol.ts";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import type { SocketAddress } from "../../../../src/socket/address.ts";
import { test } from "../../../harness.ts";
import { FRONT, type Network, sendTo, withNetwork } from "../../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";

/** The ends that the header of received bytes names, and what follows it. */
function readHeader(bytes: Uint8Array): readonly [string, string, string] {
  const reading = readProxyHeader(bytes);
  assert.ok(reading.kind === "header", reading.kind);
  const text = (address: SocketAddress | null): string => address === null ? "-" : sockaddr.format(address);
  const { source, destination } = reading.header;
  return [text(source), text(destination), new TextDecoder().decode(bytes.subarray(reading.length))];
}

async function relay(network: Network, accept: string, config: string): Promise<readonly (readonly string[])[]> {
  const { peers } = network.serve(BACK);
  await network.listen(accept, [`setconfig { ${config} }`]);
  const client = await network.connect();
  client.send("hello");
  await network.idle();
  return peers.map(({ owner }) => readHeader(owner.bytes()));
}

test("sendProxy names the client to the target, before its data", () =>
  withNetwork(async (network) => {
    const found = await relay(network, `{ connect=${BACK} }`, "sendProxy=v1");
    assert.match(found[0]?.[0] ?? "", /^inet\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(found.map(([, ...rest]) => rest), [[FRONT, "hello"]]);
  }));

test("sendProxy=v2 names the client that a trusted header has named, also behind a route", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const accept = `{ route=[ { connect=${BACK} } ] proxyProtocol=require trusted=[127.0.0.0/8] }`;
    await network.listen(accept, ["setconfig { sendProxy=v2 }"]);
    const client = await network.connect();
    client.send("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\nhello");
    await network.memory.advance(0);
    const [peer] = peers;
    const ends = ["inet6/[2001:db8::7]:56324", "inet6/[2001:db8::1]:443", "hello"];
    assert.deepEqual(readHeader(peer?.owner.bytes() ?? new Uint8Array()), ends);
  }));

test("proxy of a target is for that target only, and its probes name no client", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.declare("pool", "pool", [
      `settargets [ { to=${BACK} proxy=v2 } ]`,
      'sethealth { interval=1s send="PING" expect="PONG" }',
    ]);
    await network.memory.advance(1_000);
    peers[0]?.send("PONG");
    await network.memory.advance(0);
    await network.listen("{ connect=pool/pool }");
    (await network.connect()).send("hello");
    await network.idle();
    const found = peers.map(({ owner }) => readHeader(owner.bytes()));
    assert.deepEqual(found.map(([, ...rest]) => rest), [["-", "PING"], [FRONT, "hello"]], found.join());
    await network.msg("pool", `settargets [ ${BACK} ]`);
    (await network.connect()).send("bare");
    await network.idle();
    assert.equal(peers.at(-1)?.owner.text(), "bare");
  }));

for (const [how, accept] of [["a pool", "pool/pool"], ["one address", BACK]] as const) {
  test(`probes of ${how} begin with the header that the listener sends, which names no client`, () =>
    withNetwork(async (network) => {
      await network.declare("pool", "pool", [`settargets [ ${BACK} ]`]);
      await network.listen(`{ connect=${accept} }`, ["setconfig { sendProxy=v1 }"]);
      await network.connect();
      await network.idle();
      const { peers } = network.serve(BACK);
      await network.memory.advance(2_000);
      assert.deepEqual(peers.map(({ owner }) => owner.text()), ["PROXY UNKNOWN\r\n"]);
    }));
}

test("a declared ksocket with sendProxy reports that the connection is its own", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.declare("up", "inet/stream/tcp", ["setconfig { sendProxy=v2 }", `connect ${BACK}`]);
    await network.msg("up", 'send "hello"');
    await network.idle();
    assert.deepEqual(peers.map(({ owner }) => readHeader(owner.bytes())), [["-", "-", "hello"]]);
  }));

test("sendProxy=v2 puts a header before the first datagram of each flow", () =>
  withNetwork(async (network) => {
    const back = network.datagrams(BACK);
    await network.declare("front", "inet/dgram/udp", [
      "setconfig { sendProxy=v2 }",
      `bind ${FRONT}`,
      `accept { connect=${BACK} }`,
    ]);
    await network.release();
    for (const port of [4001, 4002]) {
      const client = network.datagrams(`inet/127.0.0.1:${port}`);
      for (const text of ["one", "two"]) sendTo(client, FRONT, text);
      await network.memory.advance(0);
    }
    await network.idle();
    const texts = back.owner.received.map(({ bytes }) => {
      return readProxyHeader(bytes).kind === "header" ? readHeader(bytes).join(" ") : new TextDecoder().decode(bytes);
    });
    assert.deepEqual(texts, [
      `inet/127.0.0.1:4001 ${FRONT} one`,
      "two",
      `inet/127.0.0.1:4002 ${FRONT} one`,
      "two",
    ]);
  }));
