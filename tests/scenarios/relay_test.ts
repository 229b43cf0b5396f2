import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { scenario } from "./world.ts";

/** How many connections, and how much each sends each way at most, in octets. */
const CONNECTIONS = 200;
const MAX_OCTETS = 256 * 1024;
const SEED = 7;

scenario("tcp-forward loses nothing of many connections with half-close both ways", {}, async (withTopology) => {
  const random = makeRandom(SEED);
  await withServer((socket) => void answerAll(socket), async (port) => {
    await withTopology("tcp-forward", { TARGET: `127.0.0.1:${port}` }, async ({ port: portOf, engine }) => {
      const front = await portOf("front");
      const sizes = Array.from({ length: CONNECTIONS }, () => Math.floor(random() ** 3 * MAX_OCTETS));
      const results = await Promise.all(sizes.map((size, index) => talk(front, { size, seed: index })));
      assert.deepEqual(results.filter((result) => result !== "ok"), [], `seed ${SEED}`);
      const [status] = (await engine.status()).topologies;
      const counts = status?.nodes[0]?.connections;
      assert.deepEqual([counts?.active, counts?.total, counts?.refused], [0, CONNECTIONS, 0]);
    });
  });
});

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

/** Reads all, then sends the digest of it, and as many octets again. */
async function answerAll(socket: Socket): Promise<void> {
  const octets = await collect(socket);
  socket.write(createHash("sha256").update(octets).digest("hex"));
  socket.end(octets);
}

/** Sends `size` octets, ends, and looks at what comes back. */
async function talk(port: number, { size, seed }: { size: number; seed: number }): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  const sent = new Uint8Array(size).map((_, at) => (at * (seed + 3) + (at >> 7)) & 0xff);
  socket.end(sent);
  const received = await collect(socket);
  const wanted = createHash("sha256").update(sent).digest("hex");
  if (received.length !== 64 + size) return `${received.length - 64} of ${size} octets came back`;
  if (received.subarray(0, 64).toString() !== wanted) return "what was sent did not arrive";
  return createHash("sha256").update(received.subarray(64)).digest("hex") === wanted
    ? "ok"
    : "what came back is not it";
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
