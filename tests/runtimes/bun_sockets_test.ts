/**
 * What Bun's sockets do where Bun's own API leaves a gap: beyond the suite that every runtime passes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readlinkSync, rmSync } from "node:fs";
import process from "node:process";
import type { SocketAddress } from "../../src/socket/address.ts";
import { BUN_CAPABILITIES } from "../../src/runtimes/bun/capabilities.ts";
import { bunSockets } from "../../src/runtimes/bun/sockets.ts";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import { parseText } from "../../src/ascii/parse.ts";
import { type SocketOption, sockopt } from "../../src/socket/option.ts";
import { temporaryFolder } from "../conformance/folder.ts";
import { octetsOf, pattern, wholeOctets } from "../conformance/recorder.ts";
import { connected, localOf, type Subject, withWorld, type World } from "../conformance/world.ts";
import { peer, test } from "../harness.ts";
import { noIpv6, tooFewFiles } from "../support/preconditions.ts";
import { freePort, launch } from "../support/process.ts";

const socat = peer("socat");

const subject: Subject = {
  name: "bun",
  capabilities: BUN_CAPABILITIES,
  skip: "Bun" in globalThis ? null : "runtime bun needs Bun",
  open: () => bunSockets(systemClock),
  folder: temporaryFolder,
  removePath: rmSync,
};

const check = (name: string, body: (world: World) => Promise<void>, lacks: string | null = null): void =>
  test(`${name} (bun)`, { skip: subject.skip ?? lacks }, () => withWorld(subject, body));

/** A server on a path that says a line and closes, in a process of its own: it may be done before the client looks. */
const BANNER = `
const { createServer } = require("node:net");
createServer((socket) => socket.end("hello")).listen(process.argv.at(-1), () => console.log("ready"));
`;

check("A local server that speaks and closes at once is heard", async (world) => {
  const address = world.free("local/stream");
  assert.ok(address.family === "local");
  await using server = launch(process.execPath, ["-e", BANNER, address.path]);
  await server.until(/ready/);
  for (let turn = 0; turn < 40; turn++) {
    const client = world.open("local/stream");
    assert.equal(await connected(client.socket, address), null);
    client.socket.resume();
    await client.owner.until(() => client.owner.endedCount === 1 || client.owner.errors.length > 0);
    assert.deepEqual([client.owner.text(), client.owner.errors], ["hello", []]);
    client.socket.close();
  }
});

check("A stream that has ended its own direction loses nothing while its owner is full", async (world) => {
  const { client, server } = await world.pair("inet/stream");
  const bytes = pattern(4 * 1024 * 1024, 5);
  client.socket.shutdown();
  server.socket.resume();
  await server.owner.until(() => server.owner.endedCount === 1);
  let offset = 0;
  const pump = (): void => {
    while (offset < bytes.length) {
      const length = Math.min(65_536, bytes.length - offset);
      const answer = server.socket.send({ ...wholeOctets(bytes), offset, length }, null);
      offset += length;
      if (answer === false) return;
    }
    server.socket.shutdown();
  };
  server.owner.onDrained = pump;
  pump();
  client.owner.answer = () => {
    setTimeout(() => client.socket.resume(), 1);
    return false;
  };
  client.socket.resume();
  await client.owner.until(() => client.owner.endedCount === 1);
  assert.deepEqual(client.owner.bytes(), bytes);
  assert.deepEqual([...client.owner.errors, ...server.owner.errors], []);
});

check("Octets that came before a reset reach an owner that was not ready yet", async (world) => {
  const { client, server } = await world.pair("inet/stream");
  client.socket.send(octetsOf("last words"), null);
  await turns(5);
  client.socket.abort();
  await turns(5);
  assert.equal(server.owner.receivedBytes, 0);
  server.socket.resume();
  await server.owner.until(() => server.owner.errors.length === 1);
  assert.deepEqual([server.owner.text(), server.owner.errors[0]?.code], ["last words", "ECONNRESET"]);
});

check("What an owner throws ends its connection and no other", async (world) => {
  const { client, server, listener } = await world.pair("inet/stream");
  server.owner.answer = () => {
    throw new Error("Mistake");
  };
  server.socket.resume();
  client.socket.resume();
  client.socket.send(octetsOf("x"), null);
  await client.owner.until(() => client.owner.errors.length === 1);
  assert.deepEqual([server.owner.errors[0]?.code, client.owner.errors[0]?.code], ["EIO", "ECONNRESET"]);
  listener.socket.accept();
  assert.equal(await connected(world.open("inet/stream").socket, localOf(listener.socket)), null);
});

check("A listener without requests keeps 512 connections, and resets further ones", async (world) => {
  const listener = world.listen("inet/stream");
  const clients = Array.from({ length: 520 }, () => world.open("inet/stream"));
  for (const { socket } of clients) socket.resume();
  await Promise.all(clients.map(({ socket }) => connected(socket, listener.address)));
  await Promise.all(clients.slice(512).map(({ owner }) => owner.until(() => owner.errors.length === 1)));
  assert.equal(clients.filter(({ owner }) => owner.errors.length > 0).length, 8);
  for (let i = 0; i < 512; i++) listener.socket.accept();
  assert.equal(listener.owner.children.length, 512);
}, tooFewFiles(1_500));

check("Socket.bind() before connect() chooses the source", async (world) => {
  const listener = world.listen("inet/stream");
  listener.socket.accept();
  const { socket } = world.open("inet/stream");
  socket.bind({ family: "inet", host: "127.0.0.7", port: 0 });
  assert.equal(await connected(socket, listener.address), null);
  await listener.owner.until(() => listener.owner.children.length === 1);
  const peer = listener.owner.children[0]?.socket.peer;
  assert.ok(peer?.family === "inet");
  assert.deepEqual([peer.host, peer], ["127.0.0.7", socket.local]);
});

test("Socket.cancelConnect() gives the file back at once (bun)", { skip: subject.skip ?? socat.skip }, async () => {
  const port = await freePort();
  const flags = "bind=127.0.0.1,backlog=1,fork,max-children=1";
  await using server = launch(socat.path ?? "", ["-d", "-d", `TCP-LISTEN:${port},${flags}`, "PIPE"]);
  await server.until(/listening on/);
  await withWorld(subject, async (world) => {
    const before = openSockets();
    const codes: (string | undefined)[] = [];
    const sockets = Array.from({ length: 8 }, () => world.open("inet/stream").socket);
    const done = sockets.map(async (socket) => {
      codes.push((await connected(socket, { family: "inet", host: "127.0.0.1", port }))?.code);
    });
    await Promise.race(done); // One is served, some wait to be; for the rest the backlog is full, and nothing answers.
    await turns(20);
    const served = codes.length;
    assert.ok(served < 8 && codes.every((code) => code === undefined));
    for (const socket of sockets) socket.cancelConnect();
    await Promise.all(done);
    assert.deepEqual(codes.slice(served), Array(8 - served).fill("ECANCELED"));
    assert.equal(openSockets(), before + served);
  });
});

check("A connection that broke before it was accepted is none", async (world) => {
  const listener = world.listen("inet/stream");
  const broken = world.open("inet/stream");
  assert.equal(await connected(broken.socket, listener.address), null);
  await turns(3);
  broken.socket.abort();
  await turns(3);
  const whole = world.open("inet/stream");
  assert.equal(await connected(whole.socket, listener.address), null);
  listener.socket.accept();
  await listener.owner.until(() => listener.owner.children.length === 1);
  assert.deepEqual(listener.owner.children[0]?.socket.peer, whole.socket.local);
});

check("Datagrams that cause others without end leave the loop its turns", async (world) => {
  const { socket, owner, address } = world.receiver("inet/dgram");
  const self = world.open("inet/dgram");
  assert.equal(await connected(self.socket, address), null);
  let isOver = false;
  owner.answer = () => {
    owner.received.length = 0;
    if (!isOver) self.socket.send(octetsOf("again"), null);
  };
  for (let count = 0; count < 20; count++) self.socket.send(octetsOf("begin"), null);
  // A timer fires only between two turns.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  isOver = true;
  await new Promise<void>((resolve) => socket.close(resolve));
});

check("A datagram that is refused by its peer is counted, and the next one is not lost", async (world) => {
  const gone = world.receiver("inet/dgram");
  const dead = gone.address;
  await new Promise<void>((resolve) => gone.socket.close(resolve));
  const a = world.receiver("inet/dgram");
  const b = world.receiver("inet/dgram");
  for (let i = 0; i < 5; i++) {
    a.socket.send(octetsOf("x"), dead);
    a.socket.send(octetsOf(String(i)), b.address);
  }
  await b.owner.until(() => b.owner.received.length === 5);
  await turns(3);
  assert.equal(b.owner.text(), "01234");
  assert.deepEqual([...a.socket.sendErrors.keys()], ["ECONNREFUSED"]);
  assert.deepEqual(a.owner.errors, []);
});

check("What a datagram socket keeps for a full owner is bounded", async (world) => {
  const a = world.receiver("inet/dgram");
  const b = world.open("inet/dgram");
  b.socket.bind(world.free("inet/dgram"));
  for (let i = 0; i < 1000; i++) {
    a.socket.send(wholeOctets(pattern(1400, i)), b.socket.local);
    if (i % 50 === 0) await turns(1);
  }
  a.socket.send(octetsOf("self"), a.address);
  await a.owner.until(() => a.owner.received.length === 1);
  b.socket.resume();
  await b.owner.until(() => b.owner.received.length > 0);
  await turns(3);
  assert.ok(b.owner.receivedBytes <= 256 * 1024, `${b.owner.receivedBytes} octets were kept`);
});

check("Options reach the system", async (world) => {
  const address = await twice(world, "inet/dgram", "SO_REUSEPORT");
  assert.throws(() => world.open("inet/dgram").socket.bind(address), { code: "EADDRINUSE" });
  await twice(world, "inet/dgram", "SO_REUSEADDR");
  const plain = world.receiver("inet/dgram");
  const everybody: SocketAddress = { family: "inet", host: "127.255.255.255", port: 9 };
  plain.socket.send(octetsOf("x"), everybody);
  assert.deepEqual([...plain.socket.sendErrors.keys()], ["EACCES"]);
  const broadcaster = world.receiver("inet/dgram");
  broadcaster.socket.setOption(option("{ SO_BROADCAST=1 }"));
  broadcaster.socket.send(octetsOf("x"), everybody);
  assert.deepEqual([...broadcaster.socket.sendErrors.keys()], []);
});

check("Option IPV6_V6ONLY keeps IPv4 out", async (world) => {
  const narrow = world.open("inet6/stream");
  narrow.socket.setOption(option("{ IPV6_V6ONLY=1 }"));
  narrow.socket.bind({ family: "inet6", host: "::", port: 0, zone: null });
  narrow.socket.listen(1);
  const local = localOf(narrow.socket);
  assert.ok(local.family === "inet6");
  const outsider = world.open("inet/stream");
  assert.equal(
    (await connected(outsider.socket, { family: "inet", host: "127.0.0.1", port: local.port }))?.code,
    "ECONNREFUSED",
  );
}, noIpv6);

check("A member of a group receives what is sent to it", async (world) => {
  const member = world.open("inet/dgram");
  member.socket.setOption(option("{ SO_REUSEADDR=1 }"));
  member.socket.setOption(option("{ IP_ADD_MEMBERSHIP={ group=224.0.0.251 interface=127.0.0.1 } }"));
  member.socket.bind({ family: "inet", host: "0.0.0.0", port: 0 });
  member.socket.resume();
  const local = localOf(member.socket);
  assert.ok(local.family === "inet");
  const sender = world.receiver("inet/dgram");
  sender.socket.setOption(option("{ IP_MULTICAST_IF=127.0.0.1 }"));
  sender.socket.send(octetsOf("all"), { family: "inet", host: "224.0.0.251", port: local.port });
  await member.owner.until(() => member.owner.received.length === 1);
  assert.deepEqual([member.owner.text(), member.owner.received[0]?.from], ["all", sender.address]);
});

/** Binds two sockets that have the option to one address. */
function twice(world: World, kind: "inet/dgram", name: string): Promise<SocketAddress> {
  const first = world.open(kind).socket;
  first.setOption(option(`{ ${name}=1 }`));
  first.bind(world.free(kind));
  const second = world.open(kind).socket;
  second.setOption(option(`{ ${name}=1 }`));
  second.bind(localOf(first));
  return Promise.resolve(localOf(first));
}

function option(text: string): SocketOption {
  return parseText(sockopt, text);
}

/** Lets the event loop look at its sockets so many times. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setTimeout(resolve, 2));
}

function openSockets(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false; // The one that reading the folder itself used.
    }
  }).length;
}
