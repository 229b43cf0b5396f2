import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { NetgraphError } from "../../../src/errors.ts";
import type { SocketAddress } from "../../../src/socket/address.ts";
import { parseEndpoint } from "../../../src/socket/endpoint.ts";
import { openLibc } from "../../../src/runtimes/posix/open_library.ts";
import { AddressCodec } from "../../../src/runtimes/posix/sockaddr.ts";
import { thisSystem } from "../../../src/runtimes/posix/this_system.ts";
import type { SocketOption } from "../../../src/socket/option.ts";
import { octetsOf, pattern, Recorder, wholeOctets } from "../../conformance/recorder.ts";
import { connected, localOf, type Owned, World } from "../../conformance/world.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import { test } from "../../harness.ts";
import { noIpv6 } from "../../support/preconditions.ts";
import { run } from "../../support/process.ts";
import { machine, openDriven } from "./subject.ts";

const { skip } = machine;

/** Of Linux. */
const MSG_OOB = 1;

/** Declares a test with a fresh runtime. */
function check(name: string, body: (world: World) => Promise<void>, lacks: string | null = null): void {
  test(name, { skip: skip ?? lacks }, async () => {
    const folder = temporaryFolder();
    const sockets = openDriven();
    try {
      await body(new World(sockets, folder.path));
    } finally {
      await sockets.close();
      folder.remove();
    }
  });
}

for (const kind of ["inet/stream", "inet6/stream", "local/stream"] as const) {
  check(`Socket.bind() before connect() decides what the peer sees (${kind})`, async (world) => {
    const listener = world.listen(kind);
    const client = world.open(kind);
    assert.equal(client.socket.bind(world.free(kind)), "done");
    const bound = localOf(client.socket);
    listener.socket.accept();
    assert.equal(await connected(client.socket, listener.address), null);
    await listener.owner.until(() => listener.owner.children.length === 1);
    assert.deepEqual(listener.owner.children[0]?.socket.peer, bound);
    assert.deepEqual(client.socket.local, bound);
  }, kind === "inet6/stream" ? noIpv6 : null);
}

check("A connection that the system has made when its socket is aborted is reset", async (world) => {
  const listener = world.listen("inet/stream");
  const client = world.open("inet/stream");
  client.socket.connect(listener.address, () => assert.fail("it was given up"));
  client.socket.abort();
  listener.socket.accept();
  await listener.owner.until(() => listener.owner.children.length === 1);
  const [child] = listener.owner.children;
  assert.ok(child !== undefined);
  child.socket.resume();
  await child.owner.until(() => child.owner.errors.length + child.owner.endedCount > 0);
  assert.deepEqual(child.owner.errors.map(({ code }) => code), ["ECONNRESET"]);
});

check("Socket.bind() takes an address before listen()", (world) => {
  const first = world.open("inet/stream");
  first.socket.bind(world.free("inet/stream"));
  const address = localOf(first.socket);
  assert.notEqual("port" in address ? address.port : 0, 0);
  first.socket.listen(1);
  assert.deepEqual(first.socket.local, address);
  return Promise.resolve();
});

check("Socket.listen() lets only its backlog wait", async (world) => {
  const { socket } = world.open("local/stream");
  socket.bind(world.free("local/stream"));
  socket.listen(0);
  const results: (NetgraphError | null)[] = [];
  const clients = Array.from({ length: 4 }, () => world.open("local/stream"));
  for (const client of clients) client.socket.connect(localOf(socket), (error) => results.push(error));
  // Linux lets one more wait than was asked for.
  const last = world.receiver("inet/dgram");
  last.socket.send(octetsOf("a turn"), last.address);
  await last.owner.until(() => last.owner.received.length === 1);
  assert.deepEqual(results, [null]);
  const owner = new Recorder();
  socket.owner = owner;
  for (const _ of clients) socket.accept();
  await owner.until(() => owner.children.length === 4);
});

check("A UDP socket has the most room that the system gives, and then what setopt says", async (world) => {
  const { socket } = world.open("inet/dgram");
  const asked: SocketOption = { option: "SO_RCVBUF", os: "freebsd", level: 0xffff, name: 0x1002, value: null };
  const [usual = 0, most = 0] = await Promise.all(["default", "max"].map(async (name) => {
    return Number(await readFile(`/proc/sys/net/core/rmem_${name}`, "utf8"));
  }));
  // Linux books twice what is asked for.
  assert.equal(socket.getOption(asked).value, Math.max(usual, 2 * Math.min(most, 4 * 1024 * 1024)));
  socket.setOption({ ...asked, value: 32 * 1024 });
  assert.equal(socket.getOption(asked).value, 64 * 1024);
});

check("Socket.connect() of datagrams learns that nothing listens", async (world) => {
  const gone = world.receiver("inet/dgram");
  await new Promise<void>((resolve) => gone.socket.close(resolve));
  const a = world.open("inet/dgram");
  const b = world.receiver("inet/dgram");
  a.socket.resume();
  await connected(a.socket, gone.address);
  a.socket.send(octetsOf("lost"), null);
  b.socket.send(octetsOf("turn"), b.address);
  await b.owner.until(() => b.owner.received.length === 1);
  a.socket.send(octetsOf("lost"), null);
  b.socket.send(octetsOf("turn"), b.address);
  await b.owner.until(() => b.owner.received.length === 2);
  assert.deepEqual(a.owner.errors, []);
  assert.ok([...a.socket.sendErrors.keys()].every((code) => code === "ECONNREFUSED"));
});

check("Socket.sendErrors counts what the network says later, when nothing else is sent", async (world) => {
  const gone = world.receiver("inet/dgram");
  const { address } = gone;
  await new Promise<void>((released) => gone.socket.close(released));
  const a = world.open("inet/dgram");
  a.socket.connect(address, () => {});
  a.socket.resume();
  a.socket.send(octetsOf("anybody?"), null);
  const b = world.receiver("inet/dgram");
  const c = world.receiver("inet/dgram");
  for (let turn = 1; turn < 100 && a.socket.sendErrors.size === 0; turn++) {
    c.socket.send(octetsOf("turn"), b.address);
    await b.owner.until(() => b.owner.received.length === turn);
  }
  assert.deepEqual([...a.socket.sendErrors], [["ECONNREFUSED", 1]]);
  assert.deepEqual(a.owner.errors, []);
});

check("Datagram sockets carry 2,000 datagrams in batches, in order and whole", async (world) => {
  const a = world.receiver("inet/dgram");
  const b = world.receiver("inet/dgram");
  const sizes = Array.from({ length: 2_000 }, (_, index) => (index * 37) % 1_400);
  let sent = 0;
  const sendSome = (): void => {
    for (let count = 0; count < 100 && sent < sizes.length; count++, sent++) {
      a.socket.send(wholeOctets(pattern(sizes[sent] ?? 0, sent)), b.address);
    }
  };
  while (sent < sizes.length) {
    sendSome();
    await b.owner.until(() => b.owner.received.length === sent);
  }
  assert.deepEqual(b.owner.received.map(({ bytes }) => bytes), sizes.map((size, seed) => pattern(size, seed)));
  assert.equal(a.socket.queuedBytes, 0);
});

check("What a datagram's owner sends on is right although it was only lent", async (world) => {
  const client = world.receiver("inet/dgram");
  const relay = world.receiver("inet/dgram");
  relay.socket.owner = new (class extends Recorder {
    override arrived(...[octets, from]: Parameters<Recorder["arrived"]>): void {
      relay.socket.send(octets, from);
    }
  })();
  // No more at once than a socket's buffer holds for certain.
  for (let index = 0; index < 500; index++) {
    client.socket.send(wholeOctets(pattern(700, index)), relay.address);
    if (index % 50 === 49) await client.owner.until(() => client.owner.received.length === index + 1);
  }
  for (const [index, { bytes }] of client.owner.received.entries()) assert.deepEqual(bytes, pattern(700, index));
});

check("Seqpacket sockets keep the bounds of packets, also of those that had to wait", async (world) => {
  const address = world.free("local/stream");
  const { client, server } = await pairOf(world, "local/seqpacket/0", address);
  const sizes = Array.from({ length: 300 }, (_, index) => 1 + (index * 911) % 9_000);
  for (const [index, size] of sizes.entries()) client.socket.send(wholeOctets(pattern(size, index)), null);
  assert.ok(client.socket.queuedBytes > 0);
  client.socket.shutdown();
  server.socket.resume();
  await server.owner.until(() => server.owner.endedCount === 1);
  assert.deepEqual(server.owner.received.map(({ bytes }) => bytes), sizes.map((size, seed) => pattern(size, seed)));
});

check("Abstract and unnamed local addresses come back as they were", async (world) => {
  const address: SocketAddress = { family: "local", path: `\0sockgraph-test-${process.pid}` };
  const { client, server } = await pairOf(world, "local/stream/0", address);
  assert.deepEqual(server.socket.local, address);
  assert.deepEqual(client.socket.local, { family: "local", path: "" });
  assert.deepEqual(server.socket.peer, { family: "local", path: "" });
});

check("A datagram from a socket without a name has none, after one from a named socket", async (world) => {
  const [inet, local] = [world.receiver("inet/dgram"), world.receiver("local/dgram")];
  const [one, other] = [world.open("inet/dgram"), world.open("local/dgram")];
  one.socket.send(octetsOf("from a port"), inet.address);
  await inet.owner.until(() => inet.owner.received.length === 1);
  other.socket.send(octetsOf("from nobody"), local.address);
  await local.owner.until(() => local.owner.received.length === 1);
  assert.deepEqual(local.owner.received[0]?.from, { family: "local", path: "" });
});

check("Socket.setOption() and getOption() take options that are known only by their numbers", (world) => {
  const { socket } = world.open("inet/stream");
  const linger2: SocketOption = { option: null, os: "linux", level: 6, name: 8, value: null };
  socket.setOption({ ...linger2, value: new Uint8Array([7, 0, 0, 0]) });
  assert.deepEqual(socket.getOption(linger2).value, new Uint8Array([7, 0, 0, 0]));
  assert.throws(() => socket.getOption({ ...linger2, os: "freebsd" }), { code: "ENOPROTOOPT" });
  return Promise.resolve();
});

check("Socket.resume() reads on behind urgent data, where a read stops short", async (world) => {
  const listener = world.listen("inet/stream");
  assert.ok(listener.address.family === "inet");
  const system = thisSystem();
  const libc = await openLibc(system);
  const fd = libc.socket(system.constants.AF_INET, 1, 0);
  try {
    const address = new AddressCodec(libc, system).pack(listener.address);
    assert.equal(libc.connect(fd, address, address.length), 0);
    const say = (text: string, flags: number): number => libc.send(fd, octetsOf(text).buffer.bytes, text.length, flags);
    assert.deepEqual([say("before", 0), say("!", MSG_OOB), say("behind", 0)], [6, 1, 6]);
    listener.socket.accept();
    await listener.owner.until(() => listener.owner.children.length === 1);
    const [server] = listener.owner.children;
    server?.socket.resume();
    await server?.owner.until(() => server.owner.text() === "beforebehind");
  } finally {
    libc.close(fd);
    libc.unload();
  }
});

check("Socket.resume() reports an end that arrived with the last octets, once, after them", async (world) => {
  const { client, server } = await world.pair("inet/stream");
  client.socket.send(octetsOf("last"), null);
  client.socket.shutdown();
  const turn = world.receiver("inet/dgram");
  turn.socket.send(octetsOf("a turn"), turn.address);
  await turn.owner.until(() => turn.owner.received.length === 1);
  server.owner.answer = () => false;
  server.socket.resume();
  await server.owner.until(() => server.owner.text() === "last");
  assert.equal(server.owner.endedCount, 0);
  server.socket.resume();
  await server.owner.until(() => server.owner.endedCount === 1);
});

check("TCP_NODELAY is on for what connects and for what is accepted", async (world) => {
  const { client, server } = await world.pair("inet/stream");
  for (const { socket } of [client, server]) {
    const asked: SocketOption = { option: "TCP_NODELAY", os: "freebsd", level: 6, name: 1, value: null };
    assert.equal(socket.getOption(asked).value, 1);
  }
});

check("SocketRuntime.open() takes what socket(2) takes, and says what it does not", (world) => {
  for (const name of ["local/seqpacket/0", "local/dgram/0"]) world.sockets.open(parseEndpoint(name)).close();
  const refusals = { "atm/stream/0": "EAFNOSUPPORT", "inet/stream/udp": "EPROTONOSUPPORT" };
  for (const [name, code] of Object.entries(refusals)) {
    assert.throws(() => world.sockets.open(parseEndpoint(name)), { code });
  }
  return Promise.resolve();
});

test("A listener without descriptors pauses, does not spin, and goes on", { skip }, async () => {
  const child = fileURLToPath(new URL("exhausted_child.ts", import.meta.url));
  const command = "Deno" in globalThis
    ? `"${process.execPath}" run -A --no-prompt "${child}"`
    : `"${process.execPath}" "${child}"`;
  const { code, stdout, stderr } = await run("/bin/sh", ["-c", `ulimit -n 200; exec ${command}`]);
  assert.equal(code, 0, stderr);
  const seen: { polls: number; codes: string[]; accepted: number } = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual([new Set(seen.codes), seen.accepted], [new Set(["EMFILE"]), 3]);
  assert.ok(seen.polls < 20, `${seen.polls} polls`);
});

/** A connection of any endpoint that connects. */
async function pairOf(world: World, name: string, address: SocketAddress): Promise<{ client: Owned; server: Owned }> {
  const make = (): Owned => {
    const socket = world.sockets.open(parseEndpoint(name));
    const owner = new Recorder();
    socket.owner = owner;
    return { socket, owner };
  };
  const listener = make();
  const client = make();
  listener.socket.bind(address);
  listener.socket.listen(1);
  listener.socket.accept();
  assert.equal(await connected(client.socket, address), null);
  await listener.owner.until(() => listener.owner.children.length === 1);
  const server = listener.owner.children[0];
  assert.ok(server);
  return { client, server };
}
