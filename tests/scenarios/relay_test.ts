import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tooFewFiles } from "../support/preconditions.ts";
import { scenario } from "./world.ts";

/** How many connections at once, and how much each sends each way at most, in octets. */
const CONNECTIONS = 1_000;
const MAX_OCTETS = 128 * 1024;
const SEED = 7;
/** Four for each connection: this one process is client, forwarder and server. */
const FILES = { skip: tooFewFiles(4 * CONNECTIONS + 200) };

scenario(
  "tcp-forward loses nothing of 1,000 connections that send both ways at once",
  { peers: [FILES] },
  async (withTopology) => {
    const random = makeRandom(SEED);
    // One at least: a server of Deno's node:net (2.9.6) ends both ways when the end is there as it accepts.
    const octets = (seed: number) => octetsOf(1 + Math.floor(random() ** 3 * MAX_OCTETS), seed);
    const sent = Array.from({ length: CONNECTIONS }, (_, index) => octets(index));
    const answers = Array.from({ length: CONNECTIONS }, (_, index) => octets(CONNECTIONS + index));
    const server = (socket: Socket) => void answerAll(socket, answers.pop() ?? new Uint8Array());
    await withServer(server, async (port) => {
      await withTopology("tcp-forward", { TARGET: `127.0.0.1:${port}` }, async ({ port: portOf, engine }) => {
        const front = await portOf("front");
        const results = await Promise.all(sent.map((one) => talk(front, one)));
        assert.deepEqual(results.filter((result) => result !== "ok"), [], `seed ${SEED}`);
        const [status] = (await engine.status()).topologies;
        const counts = status?.nodes[0]?.connections;
        assert.deepEqual([counts?.active, counts?.total, counts?.refused], [0, CONNECTIONS, 0]);
      });
    });
  },
);

scenario("tcp-forward ends the client at once when the upstream refuses", {}, async (withTopology) => {
  const port = await withServer(() => {}, (free) => Promise.resolve(free));
  await withTopology("tcp-forward", { TARGET: `127.0.0.1:${port}` }, async ({ port: portOf, engine }) => {
    const client = connect(await portOf("front"), "127.0.0.1");
    client.on("error", () => {}); // A reset, where the runtime can send one.
    await new Promise((resolve) => client.once("close", resolve));
    const [status] = (await engine.status()).topologies;
    assert.equal(status?.nodes[0]?.connections?.refused, 1);
  });
});

scenario("tcp-forward passes a server's close on while the client goes on sending", {}, async (withTopology) => {
  const heard = Promise.withResolvers<Buffer>();
  const serve = (socket: Socket): void => {
    socket.end("bye");
    collect(socket).then(heard.resolve, heard.reject);
  };
  await withServer(serve, async (port) => {
    await withTopology("tcp-forward", { TARGET: `127.0.0.1:${port}` }, async ({ port: portOf }) => {
      const client = connect({ port: await portOf("front"), host: "127.0.0.1", allowHalfOpen: true });
      client.on("error", () => {}); // A reset, where the runtime can send one.
      // The server has ended when all of this is here: what follows goes the other way alone.
      assert.equal((await collect(client)).toString(), "bye");
      client.end("late");
      assert.equal((await heard.promise).toString(), "late");
    });
  });
});

/** A server on a port of its own, while `body` runs. */
async function withServer<T>(serve: (socket: Socket) => void, body: (port: number) => Promise<T>): Promise<T> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Listening gave no port");
  try {
    return await body(address.port);
  } finally {
    server.close();
    await once(server, "close");
  }
}

/** Sends octets of its own while it reads; when all is read, sends the digests of both and ends. */
async function answerAll(socket: Socket, octets: Uint8Array): Promise<void> {
  socket.write(octets);
  socket.end(digest(await collect(socket)) + digest(octets));
}

/** Sends `octets`, ends, and looks at what comes back meanwhile and after. */
async function talk(port: number, octets: Uint8Array): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  socket.end(octets);
  const received = await collect(socket);
  const end = received.length - 2 * DIGEST_LENGTH;
  const reported = received.subarray(Math.max(0, end)).toString();
  if (reported === digest(octets) + digest(received.subarray(0, Math.max(0, end)))) return "ok";
  return `${octets.length} octets sent, ${received.length} came back: not what was sent`;
}

const DIGEST_LENGTH = 64;

function digest(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}

/** Octets that differ from those of every other seed. */
function octetsOf(size: number, seed: number): Uint8Array {
  return new Uint8Array(size).map((_, at) => (at * (seed + 3) + (at >> 7)) & 0xff);
}

async function collect(socket: Socket): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
