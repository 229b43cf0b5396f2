import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startWorkerPort } from "../../../src/engine/worker/worker_port.ts";
import { NetgraphError } from "../../../src/errors.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";
import { hostTurn } from "../../../src/runtimes/posix/turn.ts";
import type { SocketAddress } from "../../../src/socket/address.ts";
import { octetsOf, pattern, wholeOctets } from "../../conformance/recorder.ts";
import { connected, type Owned, type World } from "../../conformance/world.ts";
import { test } from "../../harness.ts";
import { machine } from "../../runtimes/posix/subject.ts";
import { run } from "../../support/process.ts";
import { descriptors, pollOf, sockets } from "../descriptors.ts";
import { relayTo, withThread } from "../graph_thread.ts";

const { skip } = machine;

test(
  "startWorkerPort() relays to an upstream, and returns its addresses",
  { skip },
  () =>
    withThread(async (thread) => {
      const { world, port } = thread;
      const upstream = world.listen("inet/stream");
      const front = await relayTo(thread, upstream.address);
      const { client, server } = await joined(world, { front, upstream });
      client.socket.send(octetsOf("question"), null);
      await server.owner.until(() => server.owner.receivedBytes === 8);
      server.socket.send(octetsOf("answer"), null);
      await client.owner.until(() => client.owner.receivedBytes === 6);
      assert.deepEqual([server.owner.text(), client.owner.text()], ["question", "answer"]);
      const snapshot = await port.snapshot("t");
      assert.equal(snapshot?.nodes.find(({ name }) => name === "front")?.report?.connections?.active, 1);
    }),
);

for (const threads of [1, 2]) {
  const name =
    `startThreads() carries 200 connections of all sizes both ways, each direction ended by itself (${threads})`;
  test(name, { skip, timeoutMs: 60_000 }, () =>
    withThread(async (thread) => {
      const { world } = thread;
      const upstream = world.listen("inet/stream");
      const front = await relayTo(thread, upstream.address);
      const results: Promise<void>[] = [];
      for (let index = 0; index < 200; index++) {
        const { client, server } = await joined(world, { front, upstream });
        results.push(exchange({ client, server, index }));
      }
      await Promise.all(results);
    }, { threads }));
}

test("GraphPort in another thread answers while data flows", { skip }, () =>
  withThread(async (thread) => {
    const { world, port } = thread;
    const upstream = world.listen("inet/stream");
    const front = await relayTo(thread, upstream.address);
    const { client, server } = await joined(world, { front, upstream });
    const bytes = wholeOctets(new Uint8Array(256 * 1024));
    let flows = true;
    client.owner.onDrained = () => {
      while (flows && client.socket.send(bytes, null) !== false);
    };
    client.owner.onDrained();
    await server.owner.until(() => server.owner.receivedBytes > 0);
    const before = server.owner.receivedBytes;
    for (let index = 0; index < 50; index++) assert.deepEqual(await port.scopes(), ["t"]);
    await server.owner.until(() => server.owner.receivedBytes > before);
    flows = false;
  }));

test("A reset stays a reset through the graph", { skip }, () =>
  withThread(async (thread) => {
    const { world } = thread;
    const upstream = world.listen("inet/stream");
    const front = await relayTo(thread, upstream.address);
    for (const side of ["client", "server"] as const) {
      const pair = await joined(world, { front, upstream });
      const other = side === "client" ? pair.server : pair.client;
      pair[side].socket.abort();
      await other.owner.until(() => other.owner.errors.length + other.owner.endedCount > 0);
      assert.deepEqual(other.owner.errors.map(({ code }) => code), ["ECONNRESET"]);
    }
  }));

test("An upstream that refuses is a reset for the client", { skip }, () =>
  withThread(async (thread) => {
    const { world } = thread;
    const gone = world.listen("inet/stream");
    await new Promise<void>((resolve) => gone.socket.close(resolve));
    const front = await relayTo(thread, gone.address);
    const client = world.open("inet/stream");
    // The reset may be there before it was seen that the connect is done: then it is what the connect ends with.
    const early = await connected(client.socket, front);
    if (early === null) {
      client.socket.resume();
      await client.owner.until(() => client.owner.errors.length + client.owner.endedCount > 0);
    }
    const errors = early === null ? client.owner.errors : [early];
    assert.deepEqual(errors.map(({ code }) => code), ["ECONNRESET"]);
  }));

test("A host name is looked up by the engine's thread", { skip }, () =>
  withThread(async ({ world, port }) => {
    const upstream = world.listen("inet/stream");
    assert.ok(upstream.address.family === "inet");
    await port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="up" peerhook="inet/stream/tcp" }');
    await port.send("t/up:", "connect", `inet/localhost:${upstream.address.port}`);
    assert.equal((await port.send("t/up:", "getpeername", null)).text, `inet/127.0.0.1:${upstream.address.port}`);
    await port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="none" peerhook="inet/stream/tcp" }');
    await assert.rejects(port.send("t/none:", "connect", "inet/sockgraph-test.invalid:1"), { code: "ENOTFOUND" });
  }));

test(
  "GraphPort.close() is answered by a thread that has nothing left to wait for",
  { skip },
  () =>
    withThread(async (thread) => {
      const { world, port } = thread;
      const upstream = world.listen("inet/stream");
      const front = await relayTo(thread, upstream.address);
      const { client, server } = await joined(world, { front, upstream });
      client.socket.shutdown();
      server.socket.shutdown();
      await client.owner.until(() => client.owner.endedCount === 1);
      await port.closeScope("t");
      assert.deepEqual(await port.scopes(), []);
    }),
);

test("GraphPort.close() of a thread leaves no descriptor open", { skip }, async () => {
  await startAndStop(); // What a runtime opens once, it has opened now.
  await startAndStop();
  const before = descriptors().length;
  for (let cycle = 0; cycle < 5; cycle++) await startAndStop();
  // A thread that was asked to end releases the resources of its host a little later.
  while (descriptors().length > before) await hostTurn();
});

test("A process ends by itself when its graph's thread was stopped", { skip }, async () => {
  const child = fileURLToPath(new URL("worker_child.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "-A", "--no-prompt", child] : [child];
  const { code, stdout, stderr } = await run(process.execPath, args);
  assert.deepEqual([code, new TextDecoder().decode(stdout).trim()], [0, "stopped"], stderr);
});

test("WorkerPort.fault reports a failed thread, and so do all waiting calls", { skip }, async () => {
  const { port, fault } = await startWorkerPort({ runtime: "posix", clock: systemClock });
  await port.openScope("t");
  const before = new Set(sockets());
  await port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="front" peerhook="inet/stream/tcp" }');
  await port.send("t/front:", "bind", "inet/127.0.0.1:0");
  await port.send("t/front:", "listen", "1");
  await port.send("t/:", "release", null);
  const rejected = assert.rejects(port.send("t/front:", "accept", null), isLost);
  // Its epoll instance is taken away from under it.
  const listener = sockets().find((fd) => !before.has(fd));
  const taken = pollOf(listener ?? "none");
  machine.parts?.libc.close(taken);
  await port.scopes().catch(() => {}); // Wakes it: the answer may or may not come before the end.
  assert.ok(await fault instanceof NetgraphError);
  await rejected;
  await assert.rejects(port.scopes(), isLost);
  await assert.rejects(port.close(), isLost);
  await startAndStop();
});

/** The number of what was taken away may be another file's by then, at which one cannot wait. */
function isLost(error: unknown): boolean {
  return error instanceof NetgraphError && ["EBADF", "EINVAL"].includes(error.code);
}

/** Both ends of a connection through the graph, reading. */
async function joined(
  world: World,
  { front, upstream }: { front: SocketAddress; upstream: Owned },
): Promise<{ client: Owned; server: Owned }> {
  const client = world.open("inet/stream");
  const count = upstream.owner.children.length;
  upstream.socket.accept();
  assert.equal(await connected(client.socket, front), null);
  await upstream.owner.until(() => upstream.owner.children.length > count);
  const server = upstream.owner.children[count];
  assert.ok(server);
  client.socket.resume();
  server.socket.resume();
  return { client, server };
}

/** Sends both ways; on every other connection one side waits for the other's end before it sends. */
async function exchange({ client, server, index }: { client: Owned; server: Owned; index: number }): Promise<void> {
  const up = pattern((index * 7_919) % 200_000, index);
  const down = pattern((index * 104_729) % 300_000, index + 1);
  const send = ({ socket }: Owned, bytes: Uint8Array<ArrayBuffer>): void => {
    socket.send(wholeOctets(bytes), null);
    socket.shutdown();
  };
  send(client, up);
  if (index % 2 === 0) await server.owner.until(() => server.owner.endedCount === 1);
  send(server, down);
  await server.owner.until(() => server.owner.endedCount + server.owner.errors.length > 0);
  await client.owner.until(() => client.owner.endedCount + client.owner.errors.length > 0);
  assert.deepEqual([...client.owner.errors, ...server.owner.errors], []);
  assert.equal(digest(server.owner.bytes()), digest(up));
  assert.equal(digest(client.owner.bytes()), digest(down));
  client.socket.close();
  server.socket.close();
}

async function startAndStop(): Promise<void> {
  const { port, fault } = await startWorkerPort({ runtime: "posix", clock: systemClock });
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="front" peerhook="inet/stream/tcp" }');
  await port.send("t/front:", "bind", "inet/127.0.0.1:0");
  await port.send("t/front:", "listen", "1");
  await port.close();
  assert.equal(await fault, null);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
