/**
 * Pools on each runtime that uses the system's sockets: targets of all families behind TCP and local listeners, and
 * flows of datagrams.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type NetConnectOpts } from "node:net";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import type { TargetReport } from "../../src/graph/data/target_report.ts";
import { withFolder } from "../support/folder.ts";
import { freePort } from "../support/process.ts";
import { scenario } from "./world.ts";

scenario("pool: clients of TCP and of a path reach targets of all families, and none sees that one refuses", {
  timeoutMs: 60_000,
}, async (withTopology) => {
  await withFolder(async (folder) => {
    await using servers = new AsyncDisposableStack();
    const path = join(folder, "target");
    await serve("local", { path }, servers);
    const six = await serve("six", { host: "::1", port: 0 }, servers);
    const closed = await freePort();
    const text = `
name: tcp-pool
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 64, accept: { connect: pool/all }, getname]
  path:
    type: ksocket
    hook: local/stream/0
    messages: [bind: 'local/"${folder}/front"', listen: 64, accept: { connect: pool/all }]
  all:
    type: pool
    messages:
      - settargets: ["inet/127.0.0.1:${closed}", 'local/"${path}"', "inet6/[::1]:${six}"]
`;
    await withTopology("tcp-pool", {}, async ({ apply, port, engine }) => {
      assert.equal((await apply({ text })).result, "applied");
      const front = { host: "127.0.0.1", port: await port("front") };
      const answers: string[] = [];
      for (let client = 0; client < 4; client++) answers.push(await ask(front));
      for (let client = 0; client < 4; client++) answers.push(await ask({ path: join(folder, "front") }));
      assert.deepEqual(answers.toSorted(), [...Array(4).fill("local"), ...Array(4).fill("six")]);
      const rows = (await targetsOf(engine, "all")).map(({ state, total }) => `${state} ${total}`);
      assert.deepEqual(rows, ["down 0", "up 4", "up 4"]);
    });
  });
});

scenario("pool: a flow of datagrams stays at its target", { timeoutMs: 60_000 }, async (withTopology) => {
  await using sockets = new AsyncDisposableStack();
  const ports = await Promise.all(["one", "two"].map((name) => answerDatagrams(name, sockets)));
  const text = `
name: tcp-pool
nodes:
  front:
    type: ksocket
    hook: inet/dgram/udp
    messages: [bind: "inet/127.0.0.1:0", accept: { connect: pool/all }, getname]
  all: { type: pool, messages: [settargets: [${ports.map((port) => `"inet/127.0.0.1:${port}"`).join(", ")}]] }
`;
  await withTopology("tcp-pool", {}, async ({ apply, port, engine }) => {
    assert.equal((await apply({ text })).result, "applied");
    const front = await port("front");
    const heard = new Set<string>();
    for (let client = 0; client < 4; client++) {
      const socket = await openDatagrams(sockets);
      const answers = new Set<string>();
      for (let question = 0; question < 3; question++) answers.add(await askDatagram(socket, front));
      assert.equal(answers.size, 1, [...answers].join());
      for (const answer of answers) heard.add(answer);
    }
    assert.deepEqual([...heard].toSorted(), ["one", "two"]);
    assert.deepEqual((await targetsOf(engine, "all")).map(({ active }) => active), [2, 2]);
  });
});

async function targetsOf(engine: Engine, name: string): Promise<readonly TargetReport[]> {
  return (await engine.status()).topologies[0]?.nodes.find((node) => node.name === name)?.targets ?? [];
}

/** A server that says its name and ends; its port. */
async function serve(
  name: string,
  at: { readonly path: string } | { readonly host: string; readonly port: number },
  servers: AsyncDisposableStack,
): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(name);
  });
  server.listen(at);
  await once(server, "listening");
  servers.defer(async () => {
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** All that a server sends. */
function ask(to: NetConnectOpts): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(to);
    socket.on("data", (chunk) => text += new TextDecoder().decode(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

async function openDatagrams(sockets: AsyncDisposableStack): Promise<DatagramSocket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  sockets.defer(async () => {
    socket.close();
    await once(socket, "close");
  });
  return socket;
}

/** Answers each datagram with a name; the port. */
async function answerDatagrams(name: string, sockets: AsyncDisposableStack): Promise<number> {
  const socket = await openDatagrams(sockets);
  socket.on("message", (_, { port, address }) => socket.send(name, port, address));
  return socket.address().port;
}

const ASK_AGAIN_MS = 500;

/** The answer to a datagram, which is sent again if it or its answer is lost. */
async function askDatagram(socket: DatagramSocket, port: number): Promise<string> {
  const answer = once(socket, "message");
  const send = (): void => socket.send("question", port, "127.0.0.1");
  send();
  const again = setInterval(send, ASK_AGAIN_MS);
  const [bytes] = await answer;
  clearInterval(again);
  return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : "";
}
