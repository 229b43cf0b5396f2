/**
 * What every runtime's stream sockets must do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { featureSupport } from "../../src/socket/capability.ts";
import { namedOption } from "../../src/socket/option.ts";
import { test } from "../harness.ts";
import { octetsOf, pattern, Recorder, wholeOctets } from "./recorder.ts";
import { connected, localOf, type Owned, type PlainKind, type Subject, withWorld, type World } from "./world.ts";

const SO_TYPE = namedOption("SO_TYPE", null);

/** More than a socket may keep for itself: its own bound, and the item that crossed it. */
const QUEUE_BOUND_BYTES = 256 * 1024 + 64 * 1024;

/** The tests of one kind of stream. */
export function testStreams(subject: Subject, kind: PlainKind): void {
  const check = (name: string, body: (world: World) => Promise<void>) =>
    test(`${name} (${subject.name}, ${kind})`, { skip: subject.skip }, () => withWorld(subject, body));

  // A handshake needs both ends.
  if (subject.tls === undefined) testAccept(check, kind);
  testConnecting(check, kind);
  testEnding(check, kind, subject);
  testFlow(check, kind);
  testMisuse(check, kind);
}

type Check = (name: string, body: (world: World) => Promise<void>) => void;

function testAccept(check: Check, kind: PlainKind): void {
  check("Socket.accept() takes exactly one connection", async (world) => {
    const listener = world.listen(kind);
    listener.socket.accept();
    const first = world.open(kind);
    assert.equal(await connected(first.socket, listener.address), null);
    await listener.owner.until(() => listener.owner.children.length === 1);
    const second = world.open(kind);
    assert.equal(await connected(second.socket, listener.address), null);
    await roundTrip(first, listener.owner.children[0]); // Time for the second to be taken, were that wrong.
    assert.equal(listener.owner.children.length, 1);
    listener.socket.accept();
    await listener.owner.until(() => listener.owner.children.length === 2);
  });
}

function testConnecting(check: Check, kind: PlainKind): void {
  check("Socket.local and peer name both ends alike", async (world) => {
    const { client, server, listener } = await world.pair(kind);
    assert.deepEqual(client.socket.peer, listener.socket.local);
    assert.deepEqual(server.socket.local, listener.socket.local);
    assert.deepEqual(server.socket.peer, client.socket.local);
    assert.equal(server.socket.endpoint, listener.socket.endpoint);
  });

  check("Socket.connect() that was refused can be retried", async (world) => {
    const listener = world.listen(kind);
    await new Promise<void>((resolve) => listener.socket.abort(resolve));
    const client = world.open(kind);
    const error = await connected(client.socket, listener.address);
    assert.ok(
      error?.code === "ECONNREFUSED" || (kind === "local/stream" && error?.code === "ENOENT"),
      `${error?.code}`,
    );
    world.listen(kind, listener.address).socket.accept();
    assert.equal(await connected(client.socket, listener.address), null);
  });

  check("Socket.cancelConnect() ends a connect with ECANCELED, on a later turn", async (world) => {
    const listener = world.listen(kind);
    listener.socket.accept();
    listener.socket.accept();
    const client = world.open(kind);
    let done = false;
    const result = connected(client.socket, listener.address).then((error) => (done = true, error));
    client.socket.cancelConnect();
    assert.equal(done, false);
    assert.equal((await result)?.code, "ECANCELED");
    assert.equal(await connected(client.socket, listener.address), null);
  });

  check("Socket.send() while connecting is sent afterwards", async (world) => {
    const listener = world.listen(kind);
    listener.socket.accept();
    const client = world.open(kind);
    const done = connected(client.socket, listener.address);
    client.socket.send(octetsOf("early"), null);
    client.socket.shutdown();
    assert.equal(await done, null);
    await listener.owner.until(() => listener.owner.children.length === 1);
    const server = listener.owner.children[0];
    assert.ok(server);
    server.socket.resume();
    await server.owner.until(() => server.owner.endedCount === 1);
    assert.equal(server.owner.text(), "early");
  });

  check("Socket.listen() refuses an address that is taken", (world) => {
    const listener = world.listen(kind);
    const second = world.open(kind);
    assert.throws(() => {
      second.socket.bind(listener.address);
      second.socket.listen(1);
    }, { code: "EADDRINUSE" });
    return Promise.resolve();
  });

  check("Socket.close() of a listener frees its address and leaves what it accepted", async (world) => {
    const { client, server, listener } = await world.pair(kind);
    const address = localOf(listener.socket);
    listener.socket.accept();
    await new Promise<void>((resolve) => listener.socket.close(resolve));
    await roundTrip(client, server);
    world.listen(kind, address);
  });
}

function testEnding(check: Check, kind: PlainKind, subject: Subject): void {
  check("Socket.shutdown() ends one direction, then the other", async (world) => {
    const { client, server } = await world.pair(kind);
    client.socket.resume();
    server.socket.resume();
    client.socket.send(octetsOf("question"), null);
    client.socket.shutdown();
    client.socket.shutdown();
    await server.owner.until(() => server.owner.endedCount === 1);
    assert.equal(server.owner.text(), "question");
    server.socket.send(octetsOf("answer"), null);
    await client.owner.until(() => client.owner.receivedBytes === 6);
    assert.equal(client.owner.endedCount, 0);
    server.socket.shutdown();
    await client.owner.until(() => client.owner.endedCount === 1);
    assert.equal(client.owner.text(), "answer");
    assert.deepEqual([server.owner.endedCount, client.owner.endedCount], [1, 1]);
    assert.deepEqual([...server.owner.errors, ...client.owner.errors], []);
  });

  check("Socket.close() sends what is queued first", async (world) => {
    const { client, server } = await world.pair(kind);
    const bytes = pattern(3 * 1024 * 1024, 7);
    client.socket.send(wholeOctets(bytes), null);
    client.socket.close();
    server.socket.resume();
    await server.owner.until(() => server.owner.endedCount === 1);
    assert.equal(digest(server.owner.bytes()), digest(bytes));
  });

  check("Socket.abort() of a socket that still sends after its close drops the rest", async (world) => {
    const { client, server } = await world.pair(kind);
    const bytes = pattern(32 * 1024 * 1024, 7);
    client.socket.send(wholeOctets(bytes), null);
    client.socket.close();
    assert.ok(client.socket.queuedBytes > 0);
    await new Promise<void>((resolve) => client.socket.abort(resolve));
    server.socket.resume();
    await server.owner.until(() => server.owner.endedCount + server.owner.errors.length === 1);
    assert.ok(server.owner.receivedBytes < bytes.length);
    assert.deepEqual(client.owner.errors, []);
  });

  check("Socket.abort() is seen by the peer", async (world) => {
    const { client, server } = await world.pair(kind);
    server.socket.resume();
    client.socket.abort();
    await server.owner.until(() => server.owner.endedCount + server.owner.errors.length === 1);
    if (featureSupport(subject.capabilities, kind, "reset") === "no") return;
    assert.equal(server.owner.errors[0]?.code, "ECONNRESET");
  });

  check("SocketOwner.failed() reports that the peer is gone", async (world) => {
    const { client, server } = await world.pair(kind);
    client.socket.resume();
    server.socket.close();
    await client.owner.until(() => client.owner.endedCount === 1);
    const bytes = pattern(64 * 1024, 1);
    client.owner.onDrained = () => client.socket.send(wholeOctets(bytes), null);
    for (let i = 0; i < 64 && client.owner.errors.length === 0; i++) client.socket.send(wholeOctets(bytes), null);
    await client.owner.until(() => client.owner.errors.length === 1);
    assert.equal(client.owner.errors[0]?.code, "ECONNRESET");
  });

  check("Socket.close() is silent afterwards and may be repeated", async (world) => {
    const { client, server } = await world.pair(kind);
    client.socket.resume();
    client.socket.close();
    client.socket.close();
    client.socket.abort();
    server.socket.resume();
    await server.owner.until(() => server.owner.endedCount === 1);
    assert.deepEqual([client.owner.endedCount, client.owner.errors.length], [0, 0]);
    assert.throws(() => client.socket.send(octetsOf("x"), null), { code: "ENOTCONN" });
    assert.throws(() => client.socket.setOption(SO_TYPE), { code: "EBADF" });
    assert.throws(() => client.socket.getOption(SO_TYPE), { code: "EBADF" });
  });
}

function testFlow(check: Check, kind: PlainKind): void {
  check("Socket.send() carries 1 MiB both ways at once", async (world) => {
    const { client, server } = await world.pair(kind);
    const up = pattern(1024 * 1024, 1);
    const down = pattern(1024 * 1024, 2);
    client.socket.resume();
    server.socket.resume();
    pump(client, up, { step: 10_000 });
    pump(server, down, { step: 70_001 });
    await Promise.all([
      server.owner.until(() => server.owner.endedCount === 1),
      client.owner.until(() => client.owner.endedCount === 1),
    ]);
    assert.equal(digest(server.owner.bytes()), digest(up));
    assert.equal(digest(client.owner.bytes()), digest(down));
  });

  check("Socket.send() is stopped by a receiver that is full", async (world) => {
    const { client, server } = await world.pair(kind);
    const bytes = pattern(16 * 1024 * 1024, 3);
    const sender = pump(client, bytes, { step: 64 * 1024 });
    let paused = false;
    server.owner.answer = () => {
      assert.equal(paused, false);
      paused = true;
      // A turn later, as a real owner would: the sender has time to run into the wall.
      setTimeout(() => {
        paused = false;
        server.socket.resume();
      }, 0);
      return false;
    };
    server.socket.resume();
    await server.owner.until(() => server.owner.endedCount === 1);
    assert.equal(digest(server.owner.bytes()), digest(bytes));
    assert.ok(client.owner.drainedCount > 0, "The sender never had to wait");
    assert.ok(sender.mostQueued() <= QUEUE_BOUND_BYTES, `${sender.mostQueued()} octets were queued`);
    assert.equal(client.socket.queuedBytes, 0);
  });

  check("SocketOwner.arrived() is not called before resume()", async (world) => {
    const { client, server } = await world.pair(kind);
    client.socket.send(octetsOf("early"), null);
    client.socket.resume();
    server.socket.send(octetsOf("first"), null);
    await client.owner.until(() => client.owner.receivedBytes === 5);
    assert.equal(server.owner.receivedBytes, 0);
    server.socket.resume();
    server.socket.resume();
    await server.owner.until(() => server.owner.receivedBytes === 5);
    assert.equal(server.owner.text(), "early");
  });

  check("A socket that connected and never reads holds up who sends to it, and loses nothing", async (world) => {
    const { client, server } = await world.pair(kind);
    const bytes = pattern(32 * 1024 * 1024, 5);
    pump(server, bytes, { step: 64 * 1024 });
    const other = await world.pair(kind);
    let quiet = 0;
    for (let queued = -1; quiet < 50; quiet++) {
      await roundTrip(other.client, other.server);
      other.client.owner.receivedBytes = other.server.owner.receivedBytes = 0;
      if (server.socket.queuedBytes !== queued) quiet = 0;
      queued = server.socket.queuedBytes;
    }
    assert.ok(server.socket.queuedBytes > 0, "All that was sent has left, although its peer does not read");
    assert.equal(client.owner.receivedBytes, 0);
    client.socket.resume();
    await client.owner.until(() => client.owner.endedCount === 1);
    assert.equal(digest(client.owner.bytes()), digest(bytes));
  });

  check("Octets that the owner retains stay as they were", async (world) => {
    const { client, server } = await world.pair(kind);
    const kept: { text: string; read: () => string }[] = [];
    server.socket.owner = new (class extends Recorder {
      override arrived(...[octets, from]: Parameters<Recorder["arrived"]>): void | false {
        const { buffer, offset, length } = octets;
        buffer.retain();
        const read = () => new TextDecoder().decode(buffer.bytes.subarray(offset, offset + length));
        kept.push({ text: read(), read });
        super.arrived(octets, from);
        if (kept.length < 20) client.socket.send(octetsOf(`item ${kept.length}`), null);
      }
    })();
    const owner = server.socket.owner;
    assert.ok(owner instanceof Recorder);
    client.socket.send(octetsOf("item 0"), null);
    server.socket.resume();
    await owner.until(() => owner.received.length >= 20).then(() => client.socket.close());
    assert.deepEqual(kept.map(({ read }) => read()), kept.map(({ text }) => text));
  });
}

function testMisuse(check: Check, kind: PlainKind): void {
  check("Socket refuses what its state does not allow", async (world) => {
    const { client, server, listener } = await world.pair(kind);
    const fresh = world.open(kind);
    const ignore = () => {};
    assert.throws(() => fresh.socket.accept(), { code: "EINVAL" });
    assert.throws(() => fresh.socket.send(octetsOf("x"), null), { code: "ENOTCONN" });
    assert.throws(() => fresh.socket.shutdown(), { code: "ENOTCONN" });
    fresh.socket.bind(world.free(kind));
    assert.throws(() => fresh.socket.bind(world.free(kind)), { code: "EINVAL" });
    assert.throws(() => listener.socket.connect(localOf(listener.socket), ignore), { code: "EOPNOTSUPP" });
    assert.throws(() => client.socket.connect(localOf(listener.socket), ignore), { code: "EISCONN" });
    assert.throws(() => client.socket.listen(1), { code: "EINVAL" });
    assert.throws(() => client.socket.bind(world.free(kind)), { code: "EINVAL" });
    server.socket.shutdown();
    assert.throws(() => server.socket.send(octetsOf("x"), null), { code: "EPIPE" });
    const connecting = world.open(kind);
    listener.socket.accept();
    const done = connected(connecting.socket, localOf(listener.socket));
    assert.throws(() => connecting.socket.connect(localOf(listener.socket), ignore), { code: "EALREADY" });
    assert.equal(await done, null);
  });

  check("Socket refuses an address of another family", (world) => {
    const other = kind === "local/stream" ? world.free("inet/stream") : world.free("local/stream");
    assert.throws(() => world.open(kind).socket.bind(other), { code: "EAFNOSUPPORT" });
    assert.throws(() => world.open(kind).socket.connect(other, () => {}), { code: "EAFNOSUPPORT" });
    return Promise.resolve();
  });
}

/** Sends all of `bytes` in steps, waiting when the socket is full, and ends the direction. */
function pump({ socket, owner }: Owned, bytes: Uint8Array<ArrayBuffer>, { step }: { step: number }): {
  mostQueued(): number;
} {
  let offset = 0;
  let mostQueued = 0;
  const whole = wholeOctets(bytes).buffer;
  const on = () => {
    while (offset < bytes.length) {
      const length = Math.min(step, bytes.length - offset);
      const answer = socket.send({ buffer: whole, offset, length }, null);
      offset += length;
      mostQueued = Math.max(mostQueued, socket.queuedBytes);
      if (answer === false) return;
    }
    socket.shutdown();
  };
  owner.onDrained = on;
  on();
  return { mostQueued: () => mostQueued };
}

async function roundTrip(client: Owned, server: Owned | undefined): Promise<void> {
  assert.ok(server);
  client.socket.resume();
  server.socket.resume();
  client.socket.send(octetsOf("ping"), null);
  await server.owner.until(() => server.owner.receivedBytes === 4);
  server.socket.send(octetsOf("pong"), null);
  await client.owner.until(() => client.owner.receivedBytes === 4);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
