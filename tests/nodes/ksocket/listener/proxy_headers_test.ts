/**
 * accept's `proxyProtocol` and `trusted`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../../../src/ascii/parse.ts";
import { MAX_PROXY_READS } from "../../../../src/nodes/ksocket/listener/proxy_headers.ts";
import type { SocketAddress } from "../../../../src/socket/address.ts";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import { packProxyV2 } from "../../../../src/socket/proxy_protocol.ts";
import { SharedBuffer } from "../../../../src/buffer.ts";
import { test } from "../../../harness.ts";
import { FRONT, type Network, type Peer, sendTo, withNetwork } from "../../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";
const V1 = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
const REQUIRE = "proxyProtocol=require trusted=[127.0.0.0/8]";
const ACCEPT = "proxyProtocol=accept trusted=[127.0.0.0/8]";
const address = (text: string): SocketAddress => parseText(sockaddr, text);

/** A listener in front of a server of the test's own. */
async function listen(network: Network, target: string, before: readonly string[] = []): Promise<readonly Peer[]> {
  const { peers } = network.serve(BACK);
  await network.listen(`{ connect=${BACK} ${target} }`, before);
  return peers;
}

async function connect(network: Network, ...texts: readonly string[]): Promise<Peer> {
  const client = await network.connect();
  for (const text of texts) {
    client.send(text);
    // What follows a header is delivered on a turn of its own.
    await network.memory.advance(0);
  }
  return client;
}

const results = (network: Network) => network.report("front").connections?.results ?? {};
const clients = (network: Network) => network.undeclared().map(({ behaviour }) => behaviour.report?.().peer);

test("proxyProtocol reads the client from the header, and forwards what follows it", () =>
  withNetwork(async (network) => {
    const peers = await listen(network, REQUIRE);
    const client = await connect(network, `${V1}hello`, " there");
    assert.equal(peers[0]?.owner.text(), "hello there");
    assert.ok(clients(network).includes("inet/192.0.2.7:56324"));
    peers[0]?.send("answer");
    peers[0]?.socket.shutdown();
    client.socket.shutdown();
    await network.idle();
    assert.deepEqual([client.owner.text(), client.owner.endedCount, peers[0]?.owner.endedCount], ["answer", 1, 1]);
    assert.equal(network.report("front").connections?.active, 0);
  }));

test("proxyProtocol reads headers that come octet by octet, of version 2 too", () =>
  withNetwork(async (network) => {
    const peers = await listen(network, REQUIRE);
    await connect(network, ...V1, "x");
    const v2 = packProxyV2({
      source: address("inet6/[2001:db8::7]:9"),
      destination: address("inet6/[::1]:80"),
      type: "stream",
      checksum: true,
    });
    const client = await network.connect();
    for (const octet of v2) {
      client.socket.send({ buffer: new SharedBuffer(Uint8Array.of(octet)), offset: 0, length: 1 }, null);
      await network.idle();
    }
    client.send("y");
    await network.idle();
    assert.deepEqual(peers.map(({ owner }) => owner.text()), ["x", "y"]);
    assert.ok(clients(network).includes("inet6/[2001:db8::7]:9"));
  }));

test("allow, deny, maxPerSource and ratePerSource are about the client that the header names", () =>
  withNetwork(async (network) => {
    await listen(network, `${REQUIRE} deny=[192.0.2.66] maxPerSource=1`);
    const from = (host: string) => connect(network, `PROXY TCP4 ${host} 198.51.100.1 1 443\r\n`);
    for (const host of ["192.0.2.66", "192.0.2.1", "192.0.2.1", "192.0.2.2"]) await from(host);
    assert.deepEqual(results(network), { accepted: 2, denied: 1, limit: 1 });
  }));

test("proxyProtocol=require closes what has no header, a malformed one, or one that is not to be trusted", () =>
  withNetwork(async (network) => {
    const peers = await listen(network, REQUIRE);
    for (const text of ["GET / HTTP/1.1\r\n", "PROXY nonsense\r\n"]) await connect(network, text);
    const partial = await connect(network, "PROXY TCP4 192");
    partial.socket.shutdown();
    await network.idle();
    await network.msg("front", `accept { connect=${BACK} proxyProtocol=require trusted=[10.0.0.0/8] }`);
    await connect(network);
    await network.idle();
    assert.deepEqual(results(network), { accepted: 0, proxy_protocol: 4 });
    assert.equal(network.report("front").reasons["proxy_protocol"], 4);
    assert.equal(peers.length, 0);
  }));

test("proxyProtocol=accept forwards what has no header, and refuses a header that is not to be trusted", () =>
  withNetwork(async (network) => {
    const peers = await listen(network, ACCEPT);
    await connect(network, "PRO", "TOCOL");
    await connect(network, `${V1}named`);
    assert.deepEqual(peers.map(({ owner }) => owner.text()), ["PROTOCOL", "named"]);
    await network.msg("front", `accept { connect=${BACK} proxyProtocol=accept trusted=[10.0.0.0/8] }`);
    await connect(network, V1);
    await connect(network, "plain");
    assert.equal(peers.at(-1)?.owner.text(), "plain");
    assert.deepEqual(results(network), { accepted: 3, proxy_protocol: 1 });
  }));

test("handshakeTimeout ends the wait: require closes, accept forwards a client that reports nothing", () =>
  withNetwork(async (network) => {
    const peers = await listen(network, REQUIRE, ["setconfig { handshakeTimeout=2s }"]);
    await connect(network, "PROXY");
    await network.memory.advance(2_000);
    assert.deepEqual(results(network), { accepted: 0, proxy_protocol: 1 });
    await network.msg("front", `accept { connect=${BACK} ${ACCEPT} }`);
    const client = await connect(network);
    await network.memory.advance(2_000);
    peers[0]?.send("220 ready");
    await network.idle();
    assert.equal(client.owner.text(), "220 ready");
  }));

test("no more headers are read at a time than the bound, and those that leave make room", () =>
  withNetwork(async (network) => {
    const peers = await listen(network, REQUIRE);
    const silent: Peer[] = [];
    for (let count = 0; count < MAX_PROXY_READS; count++) silent.push(await network.connect());
    await network.idle();
    await connect(network, `${V1}late`);
    assert.equal(peers.length, 0);
    silent[0]?.socket.shutdown();
    await network.memory.advance(0);
    assert.equal(peers[0]?.owner.text(), "late");
    assert.deepEqual(results(network), { accepted: 1, aborted: 1 });
  }));

/** A listener of datagrams in front of a target of the test's own. */
async function listenForDatagrams(network: Network, accept: string): Promise<Peer> {
  const back = network.datagrams(BACK);
  await network.declare("front", "inet/dgram/udp", [`bind ${FRONT}`, `accept { connect=${BACK} ${accept} }`]);
  await network.release();
  return back;
}

/** A datagram that begins with a header of version 2. */
function withHeader(client: string, text: string): Uint8Array<ArrayBuffer> {
  const header = packProxyV2({ source: address(client), destination: address("inet/198.51.100.1:53"), type: "dgram" });
  return Uint8Array.of(...header, ...new TextEncoder().encode(text));
}

test("proxyProtocol of datagrams reads the client of a flow from its first datagram, and answers its sender", () =>
  withNetwork(async (network) => {
    const back = await listenForDatagrams(network, `${REQUIRE} deny=[192.0.2.66]`);
    const [proxy, denied] = [network.datagrams("inet/127.0.0.1:4001"), network.datagrams("inet/127.0.0.1:4002")];
    const send = (peer: Peer, bytes: Uint8Array<ArrayBuffer>) =>
      peer.socket.send({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length }, address(FRONT));
    send(proxy, withHeader("inet/192.0.2.7:9", "one"));
    sendTo(proxy, FRONT, "two");
    send(denied, withHeader("inet/192.0.2.66:9", "no"));
    await network.memory.advance(0);
    assert.deepEqual(back.owner.received.map(({ bytes }) => new TextDecoder().decode(bytes)), ["one", "two"]);
    assert.ok(clients(network).includes("inet/192.0.2.7:9"));
    const from = back.owner.received[0]?.from;
    assert.ok(from !== null && from !== undefined);
    back.socket.send({ buffer: new SharedBuffer(new TextEncoder().encode("answer")), offset: 0, length: 6 }, from);
    await network.memory.advance(0);
    assert.equal(proxy.owner.text(), "answer");
    assert.deepEqual(results(network), { accepted: 1, denied: 1 });
  }));

test("proxyProtocol of datagrams refuses what has no header, a malformed one, or one that is not to be trusted", () =>
  withNetwork(async (network) => {
    const back = await listenForDatagrams(network, REQUIRE);
    const proxy = network.datagrams("inet/127.0.0.1:4001");
    for (const text of ["bare", "PROXY nonsense\r\n", "PROXY TCP4 192"]) sendTo(proxy, FRONT, text);
    await network.memory.advance(0);
    assert.deepEqual(results(network), { accepted: 0, proxy_protocol: 3 });
    await network.msg("front", `accept { connect=${BACK} proxyProtocol=accept trusted=[10.0.0.0/8] }`);
    sendTo(proxy, FRONT, "PROXY TCP4 192.0.2.7 198.51.100.1 9 53\r\nspoofed");
    sendTo(proxy, FRONT, "bare");
    await network.memory.advance(0);
    assert.deepEqual(back.owner.received.map(({ bytes }) => new TextDecoder().decode(bytes)), ["bare"]);
    assert.equal(results(network)["proxy_protocol"], 4);
  }));
