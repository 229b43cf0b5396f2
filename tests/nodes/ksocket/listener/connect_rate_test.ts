/**
 * accept's `rate`, `ratePerSource` and `burst`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../../../src/ascii/parse.ts";
import { ConnectRate } from "../../../../src/nodes/ksocket/listener/connect_rate.ts";
import { limitSource } from "../../../../src/nodes/ksocket/listener/client_source.ts";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import type { SocketAddress } from "../../../../src/socket/address.ts";
import { test } from "../../../harness.ts";
import { octetsOf } from "../../../conformance/recorder.ts";
import { FRONT, type Network, type Peer, sendTo, withNetwork } from "../../../support/network.ts";

const address = (text: string): SocketAddress => parseText(sockaddr, text);

/** A connection from a given address, which may be refused. */
async function connectFrom(network: Network, from: string): Promise<Peer> {
  const peer = network.socket();
  peer.socket.bind(address(from));
  await new Promise((done) => peer.socket.connect(address(FRONT), done));
  peer.socket.resume();
  await network.idle();
  return peer;
}

async function serveEcho(network: Network, target: string): Promise<void> {
  await network.declare("echo", "hub");
  await network.listen(`{ peer="echo" ${target} }`);
}

const results = (network: Network) => network.report("front").connections?.results ?? {};

test("rate with overflow=refuse admits a burst, then one connection for each token", () =>
  withNetwork(async (network) => {
    await serveEcho(network, "rate=10/s burst=3 overflow=refuse");
    for (let count = 0; count < 5; count++) await connectFrom(network, "inet/127.0.0.1:0");
    assert.deepEqual([results(network)["accepted"], results(network)["rate"]], [3, 2]);
    assert.equal(network.report("front").reasons["rate"], 2);
    await network.memory.advance(100);
    for (let count = 0; count < 2; count++) await connectFrom(network, "inet/127.0.0.1:0");
    assert.deepEqual([results(network)["accepted"], results(network)["rate"]], [4, 3]);
    const last = network.events.flatMap((event) => event.kind === "connection-failed" ? [event] : []).at(-1);
    assert.match(last?.error.message ?? "", /rate 10\/s is exceeded/);
  }));

test("rate that refuses clients, or drops flows of datagrams, is a fault until they come within it again", () =>
  withNetwork(async (network) => {
    await serveEcho(network, "rate=10/s burst=1 overflow=refuse");
    await network.declare("udp", "inet/dgram/udp", [
      "bind inet/127.0.0.1:90",
      'accept { peer="echo" rate=10/s burst=1 }',
    ]);
    await network.release();
    const faults = (node: string) =>
      (network.report(node).faults ?? []).map(({ reason, serving }) => [reason, serving]);
    for (let count = 0; count < 2; count++) await connectFrom(network, "inet/127.0.0.1:0");
    for (const port of [91, 92]) {
      const { socket } = network.socket("inet/dgram/udp");
      socket.bind(address(`inet/127.0.0.1:${port}`));
      socket.send(octetsOf("x"), address("inet/127.0.0.1:90"));
      await network.idle();
    }
    for (const node of ["front", "udp"]) {
      assert.deepEqual(faults(node), [["LimitReached", true]], node);
      const [fault] = network.report(node).faults ?? [];
      assert.equal(fault?.message, "rate 10/s is exceeded: new connections are refused");
    }
    await network.memory.advance(2_000);
    assert.deepEqual([faults("front"), faults("udp")], [[], []]);
  }));

test("rate without overflow=refuse lets connections wait in the system's queue until there is a token", () =>
  withNetwork(async (network) => {
    await serveEcho(network, "rate=10/s burst=2");
    for (let count = 0; count < 12; count++) await network.connect();
    await network.idle();
    assert.equal(network.report("front").connections?.total, 2);
    assert.deepEqual(network.report("front").notes, ["rate 10/s is reached: further connections wait"]);
    await network.memory.advance(500);
    assert.equal(network.report("front").connections?.total, 7);
    await network.memory.advance(500);
    assert.equal(network.report("front").connections?.total, 12);
    await network.memory.advance(100);
    assert.deepEqual(network.report("front").notes, []);
    assert.equal(results(network)["rate"], undefined);
  }));

test("rate keeps its tokens when accept is sent again with the same rate, and resets them with another", () =>
  withNetwork(async (network) => {
    await serveEcho(network, "rate=1/m burst=2 overflow=refuse");
    for (let count = 0; count < 3; count++) await connectFrom(network, "inet/127.0.0.1:0");
    await network.msg("front", 'accept { peer="echo" rate=1/m burst=2 overflow=refuse max=50 }');
    await connectFrom(network, "inet/127.0.0.1:0");
    assert.equal(results(network)["rate"], 2);
    await network.msg("front", 'accept { peer="echo" rate=2/m burst=2 overflow=refuse }');
    await connectFrom(network, "inet/127.0.0.1:0");
    assert.deepEqual([results(network)["accepted"], results(network)["rate"]], [3, 2]);
  }));

test("ratePerSource counts each source by itself, and closes what exceeds it also where rate would wait", () =>
  withNetwork(async (network) => {
    await serveEcho(network, "ratePerSource=10/s burst=2");
    for (let count = 0; count < 4; count++) await connectFrom(network, "inet/127.0.0.2:0");
    for (let count = 0; count < 2; count++) await connectFrom(network, "inet/127.0.0.3:0");
    assert.deepEqual([results(network)["accepted"], results(network)["rate"]], [4, 2]);
    await network.memory.advance(100);
    await connectFrom(network, "inet/127.0.0.2:0");
    assert.equal(results(network)["accepted"], 5);
  }));

test("rate drops the datagrams of new flows, and none of the flows that are there", () =>
  withNetwork(async (network) => {
    await network.declare("front", "inet/dgram/udp", [`bind ${FRONT}`]);
    await network.declare("sink", "hole");
    await network.msg("front", 'accept { peer="sink" rate=1/s burst=1 }', { declared: true });
    await network.release();
    const [first, second] = [network.datagrams("inet/127.0.0.1:1001"), network.datagrams("inet/127.0.0.1:1002")];
    for (const text of ["a", "b"]) {
      for (const peer of [first, second]) sendTo(peer, FRONT, text);
    }
    await network.idle();
    assert.deepEqual([results(network)["accepted"], results(network)["rate"]], [1, 2]);
    await network.memory.advance(1_000);
    sendTo(second, FRONT, "c");
    await network.idle();
    assert.equal(results(network)["accepted"], 2);
  }));

test("limitSource is an address of IPv4, the /64 of one of IPv6, and local", () => {
  for (
    const [text, source] of [
      ["inet/192.0.2.1:1", "192.0.2.1"],
      ["inet6/[::ffff:192.0.2.1]:1", "192.0.2.1"],
      ["inet6/[2001:db8:1:2:3:4:5:6]:1", "2001:db8:1:2::/64"],
      ["inet6/[2001:db8:1:2::9]:1", "2001:db8:1:2::/64"],
      ['local/"/run/x"', "local"],
    ] as const
  ) {
    assert.equal(limitSource(address(text)), source);
  }
});

test("ConnectRate forgets the source that was quiet for longest when its table is full, and counts it", () =>
  withNetwork(async (network) => {
    const node = await network.listen("");
    const own = { node, graph: network.graph, clock: network.memory.clock };
    const rates = new ConnectRate(own, 3);
    const limits = { ratePerSource: { count: 1, spanMs: 1_000 }, burst: 1 };
    const source = (part: number) => address(`inet/192.0.2.${part}:9`);
    const admit = (part: number): boolean => {
      if (rates.refusalOf(source(part), limits) !== null) return false;
      rates.accepted(source(part), limits);
      return true;
    };
    assert.deepEqual([1, 2, 3, 1].map(admit), [true, true, true, false]);
    assert.equal(rates.note(limits), "ratePerSource 1/s is exceeded by 192.0.2.1: 1 connection was refused");
    assert.equal(admit(4), true);
    assert.match(rates.note(limits) ?? "", /1 were evicted early/);
    assert.equal(admit(2), false, "the oldest went, no other");
    assert.equal(admit(1), true, "it is not known any more");
    // Those that are quiet make room without being counted.
    await network.memory.advance(1_000);
    assert.deepEqual([5, 6, 7].map(admit), [true, true, true]);
    assert.match(rates.note(limits) ?? "", /: 2 were evicted early/);
  }));
