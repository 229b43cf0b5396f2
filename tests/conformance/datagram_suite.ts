/**
 * What every runtime's datagram sockets must do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { wildcardOf } from "../../src/runtimes/core/endpoint_address.ts";
import { featureSupport } from "../../src/socket/capability.ts";
import { test } from "../harness.ts";
import { octetsOf, pattern, wholeOctets } from "./recorder.ts";
import { connected, localOf, type PlainKind, type Subject, withWorld, type World } from "./world.ts";

type Check = (name: string, body: (world: World) => Promise<void>) => void;

/** The tests of one kind of datagram. */
export function testDatagrams(subject: Subject, kind: PlainKind): void {
  const check: Check = (name, body) =>
    test(`${name} (${subject.name}, ${kind})`, { skip: subject.skip }, () => withWorld(subject, body));

  testDelivery(check, kind);
  if (subject.name !== "memory") testLarge(check, kind);
  // Without a source in a datagram, it cannot be answered and its sender cannot be recognized.
  if (featureSupport(subject.capabilities, kind, "bind") !== "hint") testPeers(check, kind);
  testUnbound(check, kind);
  testRefusals(check, kind);
  if (featureSupport(subject.capabilities, kind, "answer-from-asked") !== "no") testAsked(check, kind);
  if (featureSupport(subject.capabilities, kind, "receive-room") !== "no") testRoom(check, kind);
  if (featureSupport(subject.capabilities, kind, "refused-datagrams") !== "no") testRefused(check, kind);
}

/** More than any system gives: a burst of it does not fit. */
const BURST = { datagrams: 600, bytes: 60_000 };

function testRoom(check: Check, kind: PlainKind): void {
  check("Socket.lostDatagrams counts what found no room, and only that", async (world) => {
    const a = world.receiver(kind);
    const b = world.open(kind);
    b.socket.bind(world.free(kind));
    const to = localOf(b.socket);
    a.socket.send(octetsOf("first"), to);
    b.socket.resume();
    await b.owner.until(() => b.owner.received.length === 1);
    // Where the count comes from a library that is opened meanwhile.
    while (b.socket.lostDatagrams === null) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(b.socket.lostDatagrams, 0);
    b.owner.answer = () => false;
    const octets = wholeOctets(pattern(BURST.bytes, 1));
    let sent = 0;
    while (b.socket.lostDatagrams === 0) {
      assert.ok(sent < BURST.datagrams, "nothing is lost");
      for (let count = 0; count < 20; count++, sent++) a.socket.send(octets, to);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const lost = b.socket.lostDatagrams ?? 0;
    assert.ok(lost > 0 && lost <= sent, `${lost} of ${sent}`);
  });
}

function testRefused(check: Check, kind: PlainKind): void {
  check("Socket.sendErrors counts datagrams to where no socket is", async (world) => {
    const { socket } = world.open(kind);
    const gone = world.receiver(kind);
    const target = gone.address;
    await new Promise<void>((resolve) => gone.socket.close(resolve));
    const to = kind === "local/dgram" ? target : null;
    if (to === null) socket.connect(target, () => {});
    while (socket.sendErrors.size === 0) {
      socket.send(octetsOf("x"), to);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual([...socket.sendErrors.keys()], [kind === "local/dgram" ? "ENOENT" : "ECONNREFUSED"]);
  });
}

/** Own addresses beside the usual one: all of 127.0.0.0/8 is Linux's own. */
const ASKED = { "inet/dgram": ["127.0.0.1", "127.0.0.2"], "inet6/dgram": ["::1"] } as const;

function testAsked(check: Check, kind: PlainKind): void {
  if (kind !== "inet/dgram" && kind !== "inet6/dgram") return;
  check("Socket.send() answers from the address that was asked, on the wildcard", async (world) => {
    const server = world.open(kind);
    const wildcard = wildcardOf(server.socket.endpoint);
    server.socket.bind(wildcard);
    server.socket.resume();
    const local = localOf(server.socket);
    assert.ok(local.family === "inet" || local.family === "inet6");
    // More than one a call, of one length, to one client: they are joined if the system splits them.
    const clients = ASKED[kind].flatMap((host) =>
      [world.receiver(kind), world.receiver(kind)].map((client) => ({ host, client }))
    );
    for (const { host, client } of clients) {
      for (const text of ["ask", "ask"]) client.socket.send(octetsOf(text), { ...local, host });
    }
    await server.owner.until(() => server.owner.received.length === 2 * clients.length);
    for (const { bytes, from } of server.owner.received) server.socket.send(wholeOctets(bytes), from);
    for (const { host, client } of clients) {
      await client.owner.until(() => client.owner.received.length === 2);
      for (const { from } of client.owner.received) assert.deepEqual(from, { ...local, host });
    }
    assert.equal(server.socket.sendErrors.size, 0);
  });
}

function testDelivery(check: Check, kind: PlainKind): void {
  check("Socket.send() keeps the bounds of datagrams, and an empty one is no end", async (world) => {
    const a = world.receiver(kind);
    const b = world.receiver(kind);
    const sizes = [1, 0, 1400, 0, 9000, 2];
    for (const [index, size] of sizes.entries()) a.socket.send(wholeOctets(pattern(size, index)), b.address);
    await b.owner.until(() => b.owner.received.length === sizes.length);
    assert.deepEqual(b.owner.received.map(({ bytes }) => bytes), sizes.map((size, index) => pattern(size, index)));
    assert.equal(b.owner.endedCount, 0);
  });

  check("SocketOwner.arrived() is not called before resume(), nor while full", async (world) => {
    const a = world.receiver(kind);
    const b = world.open(kind);
    b.socket.bind(world.free(kind));
    b.owner.answer = () => false;
    for (const text of ["one", "two", "three"]) a.socket.send(octetsOf(text), b.socket.local);
    a.socket.send(octetsOf("self"), a.address);
    await a.owner.until(() => a.owner.received.length === 1);
    assert.equal(b.owner.received.length, 0);
    b.socket.resume();
    await b.owner.until(() => b.owner.received.length === 1);
    a.socket.send(octetsOf("self"), a.address);
    await a.owner.until(() => a.owner.received.length === 2);
    assert.equal(b.owner.received.length, 1);
    b.owner.answer = () => {};
    b.socket.resume();
    await b.owner.until(() => b.owner.received.length === 3);
    assert.equal(b.owner.text(), "onetwothree");
  });
}

/** The largest one that Linux sends by default has 208 KiB, less what it books for itself. */
const LARGE = [65_507, 65_536, 100_000, 150_000];

function testLarge(check: Check, kind: PlainKind): void {
  if (kind !== "local/dgram") return;
  check("Local datagrams may be larger than those of UDP", async (world) => {
    const a = world.receiver(kind);
    const b = world.receiver(kind);
    for (const [index, size] of LARGE.entries()) {
      a.socket.send(wholeOctets(pattern(size, index)), b.address);
      await b.owner.until(() => b.owner.received.length === index + 1);
    }
    assert.deepEqual(b.owner.received.map(({ bytes }) => bytes), LARGE.map((size, index) => pattern(size, index)));
  });
}

function testPeers(check: Check, kind: PlainKind): void {
  check("SocketOwner.arrived() contains the sender of a datagram", async (world) => {
    const a = world.receiver(kind);
    const b = world.receiver(kind);
    a.socket.send(octetsOf("question"), b.address);
    await b.owner.until(() => b.owner.received.length === 1);
    assert.equal(b.owner.text(), "question");
    assert.deepEqual(b.owner.received[0]?.from, a.address);
    b.socket.send(octetsOf("answer"), b.owner.received[0]?.from ?? null);
    await a.owner.until(() => a.owner.received.length === 1);
    assert.equal(a.owner.text(), "answer");
    assert.deepEqual(a.owner.received[0]?.from, b.address);
  });

  check("Socket.connect() of datagrams takes only what comes from the peer", async (world) => {
    const peer = world.receiver(kind);
    const stranger = world.receiver(kind);
    const a = world.receiver(kind);
    let within = true;
    a.socket.connect(peer.address, (error) => assert.deepEqual([error, within], [null, true]));
    within = false;
    assert.deepEqual(a.socket.peer, peer.address);
    stranger.socket.send(octetsOf("no"), a.address);
    a.socket.send(octetsOf("question"), null);
    await peer.owner.until(() => peer.owner.received.length === 1);
    peer.socket.send(octetsOf("answer"), a.address);
    await a.owner.until(() => a.owner.received.length === 1);
    assert.deepEqual([a.owner.text(), a.owner.received[0]?.from], ["answer", null]);
    assert.equal(await connected(a.socket, stranger.address), null);
    stranger.socket.send(octetsOf("now"), a.address);
    await a.owner.until(() => a.owner.received.length === 2);
    assert.equal(a.owner.text(), "answernow");
  });
}

function testUnbound(check: Check, kind: PlainKind): void {
  check("Socket.connect() of datagrams needs no bind", async (world) => {
    const peer = world.receiver(kind);
    const a = world.open(kind);
    a.socket.resume();
    assert.equal(await connected(a.socket, peer.address), null);
    a.socket.send(octetsOf("question"), null);
    await peer.owner.until(() => peer.owner.received.length === 1);
    assert.equal(peer.owner.text(), "question");
    if (kind === "local/dgram") return; // Without a path it cannot be answered.
    peer.socket.send(octetsOf("answer"), peer.owner.received[0]?.from ?? null);
    await a.owner.until(() => a.owner.received.length === 1);
    assert.equal(a.owner.text(), "answer");
  });
}

function testRefusals(check: Check, kind: PlainKind): void {
  check("Socket refuses what a datagram socket does not do", (world) => {
    const { socket } = world.open(kind);
    assert.throws(() => socket.listen(1), { code: "EOPNOTSUPP" });
    assert.throws(() => socket.accept(), { code: "EINVAL" });
    assert.throws(() => socket.send(octetsOf("x"), null), { code: "ENOTCONN" });
    socket.bind(world.free(kind));
    assert.throws(() => socket.bind(world.free(kind)), { code: "EINVAL" });
    return Promise.resolve();
  });

  check("Socket.bind() refuses an address that is taken, and close() frees it", async (world) => {
    const first = world.receiver(kind);
    assert.throws(() => world.open(kind).socket.bind(first.address), { code: "EADDRINUSE" });
    await new Promise<void>((resolve) => first.socket.close(resolve));
    world.open(kind).socket.bind(first.address);
  });

  check("Socket.sendErrors counts what the system refuses, and the socket lives on", async (world) => {
    const a = world.receiver(kind);
    if (kind === "local/dgram") a.socket.send(octetsOf("x"), world.free(kind));
    else a.socket.send(wholeOctets(pattern(65_530, 1)), a.address);
    a.socket.send(octetsOf("self"), a.address);
    await a.owner.until(() => a.owner.received.length === 1);
    assert.deepEqual([...a.socket.sendErrors], [[kind === "local/dgram" ? "ENOENT" : "EMSGSIZE", 1]]);
    assert.deepEqual(a.owner.errors, []);
  });
}
