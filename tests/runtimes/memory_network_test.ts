/**
 * What the in-memory network has beyond the contract of sockets: faults, names, addresses that go away, time.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { SocketAddress } from "../../src/socket/address.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { SocketRuntime } from "../../src/socket/socket.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { octetsOf, pattern, Recorder, wholeOctets } from "../conformance/recorder.ts";
import { connected } from "../conformance/world.ts";
import { test } from "../harness.ts";

const inet = (host: string, port: number): SocketAddress => ({ family: "inet", host, port });

function open(sockets: SocketRuntime, hook = "inet/stream/tcp") {
  const socket = sockets.open(parseEndpoint(hook));
  const owner = new Recorder();
  socket.owner = owner;
  return { socket, owner };
}

function listen(sockets: SocketRuntime, address: SocketAddress) {
  const listener = open(sockets);
  listener.socket.bind(address);
  listener.socket.listen(1);
  return listener;
}

test("VirtualClock.advance() fires timers in the order of their time", () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  clock.after(20, () => fired.push(`b at ${clock.now()}`));
  clock.after(10, () => {
    fired.push(`a at ${clock.now()}`);
    clock.after(10, () => fired.push(`c at ${clock.now()}`));
  });
  clock.after(15, () => fired.push("never")).cancel();
  clock.advance(19);
  assert.deepEqual(fired, ["a at 10"]);
  clock.advance(1);
  assert.deepEqual([fired, clock.now()], [["a at 10", "b at 20", "c at 20"], 20]);
});

test("MemoryNetwork.fail() fails an operation by name, the given number of times", async () => {
  const network = new MemoryNetwork();
  const sockets = network.openSockets();
  network.fail("bind inet/127.0.0.1:80", "EACCES");
  const { socket } = open(sockets);
  assert.throws(() => socket.bind(inet("127.0.0.1", 80)), { code: "EACCES" });
  socket.bind(inet("127.0.0.1", 80));
  socket.listen(1);
  network.fail("connect *", "ETIMEDOUT", { times: Infinity });
  const client = open(sockets);
  assert.equal((await connected(client.socket, inet("127.0.0.1", 80)))?.code, "ETIMEDOUT");
  assert.equal((await connected(client.socket, inet("127.0.0.1", 80)))?.code, "ETIMEDOUT");
  network.repair("connect *");
  assert.equal(await connected(client.socket, inet("127.0.0.1", 80)), null);
  assert.throws(() => network.fail("explode", "EACCES"), TypeError);
  await sockets.close();
});

test("MemoryNetwork.down() breaks connections until up()", async () => {
  const network = new MemoryNetwork();
  const sockets = network.openSockets();
  const address = inet("10.0.0.1", 9);
  listen(sockets, address);
  const client = open(sockets);
  assert.equal(await connected(client.socket, address), null);
  network.down("inet/10.0.0.1:9");
  await client.owner.until(() => client.owner.errors.length === 1);
  const again = open(sockets);
  assert.equal((await connected(again.socket, address))?.code, "EHOSTUNREACH");
  network.up("inet/10.0.0.1:9");
  assert.equal(await connected(again.socket, address), null);
  await sockets.close();
});

test("MemoryNetwork pauses accepting on EMFILE and goes on by itself", async () => {
  const network = new MemoryNetwork();
  const sockets = network.openSockets();
  const listener = listen(sockets, inet("127.0.0.1", 80));
  network.fail("accept *", "EMFILE");
  listener.socket.accept();
  const client = open(sockets);
  assert.equal(await connected(client.socket, inet("127.0.0.1", 80)), null);
  await listener.owner.until(() => listener.owner.errors.length === 1);
  assert.equal(listener.owner.children.length, 0);
  await network.advance(100);
  assert.equal(listener.owner.children.length, 1);
  await sockets.close();
});

test("MemoryNetwork gives ports in order, and a wildcard clashes with its specifics", async () => {
  const sockets = new MemoryNetwork().openSockets();
  const ports = [0, 0].map(() => listen(sockets, inet("127.0.0.1", 0)).socket.local);
  assert.deepEqual(ports, [inet("127.0.0.1", 49152), inet("127.0.0.1", 49153)]);
  listen(sockets, inet("127.0.0.2", 80));
  listen(sockets, inet("127.0.0.1", 80));
  assert.throws(() => listen(sockets, inet("0.0.0.0", 80)), { code: "EADDRINUSE" });
  const share = { option: "SO_REUSEPORT", os: "freebsd", level: 0xffff, name: 0x200, value: 1 } as const;
  for (let i = 0; i < 2; i++) {
    const { socket } = open(sockets);
    socket.setOption(share);
    socket.bind(inet("0.0.0.0", 81));
  }
  await sockets.close();
});

test("MemoryNetwork.name() reports what lookup() finds", async () => {
  const network = new MemoryNetwork();
  const sockets = network.openSockets();
  network.name("db.example", ["10.0.0.1", "10.0.0.2", "fd00::1"]);
  const found = await new Promise((resolve) =>
    sockets.lookup({ family: "inet", name: "DB.example", port: 5432 }, resolve)
  );
  assert.deepEqual(found, [inet("10.0.0.1", 5432), inet("10.0.0.2", 5432)]);
  await sockets.close();
});

test("Socket.close() in memory gives a stalled peer LINGER_MS", async () => {
  const network = new MemoryNetwork();
  const sockets = network.openSockets();
  const listener = listen(sockets, inet("127.0.0.1", 80));
  listener.socket.accept();
  const client = open(sockets);
  assert.equal(await connected(client.socket, inet("127.0.0.1", 80)), null);
  await network.idle();
  const server = listener.owner.children[0];
  assert.ok(server);
  client.socket.send(wholeOctets(pattern(1000, 1)), null);
  client.socket.close();
  await network.advance(4_999);
  assert.equal(server.owner.errors.length, 0);
  await network.advance(1);
  assert.equal(server.owner.errors[0]?.code, "ECONNRESET");
  await sockets.close();
});

test("MemoryNetwork.lostDatagrams counts datagrams without a receiver", async () => {
  const network = new MemoryNetwork();
  const sockets = network.openSockets();
  const { socket } = open(sockets, "inet/dgram/udp");
  socket.send(octetsOf("x"), inet("10.0.0.9", 53));
  await network.idle();
  assert.equal(network.lostDatagrams, 1);
  await sockets.close();
});
