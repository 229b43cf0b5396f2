import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { scenario, type WithTopology } from "./world.ts";

/** Sends octets to the front of the topology, whose target sends all back, and waits for the end. */
async function echo(
  withTopology: WithTopology,
  { input, env }: { input: Uint8Array; env: Readonly<Record<string, string>> },
): Promise<{ back: Buffer; tookMs: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Listening gave no port");
  const result = { back: Buffer.alloc(0), tookMs: 0 };
  try {
    await withTopology("slow-line", { TARGET: `127.0.0.1:${address.port}`, ...env }, async ({ port }) => {
      const socket = connect({ port: await port("front"), host: "127.0.0.1", allowHalfOpen: true });
      const start = performance.now();
      socket.end(input);
      const chunks: Uint8Array[] = [];
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk);
      result.back = Buffer.concat(chunks);
      result.tookMs = performance.now() - start;
    });
  } finally {
    server.close();
    await once(server, "close");
  }
  return result;
}

scenario("topologies/slow-line.yaml is long: there and back take both delays", {}, async (withTopology) => {
  const { back, tookMs } = await echo(withTopology, {
    input: new TextEncoder().encode("hello"),
    env: { DELAY: "60000" },
  });
  assert.equal(back.toString(), "hello");
  assert.ok(tookMs >= 118, `${tookMs} ms`);
});

scenario("topologies/slow-line.yaml is slow, and loses nothing of what it pushes back", {}, async (withTopology) => {
  const input = new Uint8Array(6 * 1024 * 1024).map((_, at) => (at * 31 + (at >> 8) * 17 + (at >> 16)) & 0xff);
  const { back, tookMs } = await echo(withTopology, { input, env: { DELAY: "1000", BANDWIDTH: "100000000" } });
  assert.equal(back.length, input.length);
  assert.equal(Buffer.compare(back, input), 0);
  // 48 Mbit on a line of 100 Mbit/s.
  assert.ok(tookMs >= 450, `${tookMs} ms`);
});
