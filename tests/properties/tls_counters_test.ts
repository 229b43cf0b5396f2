/**
 * Counters of a chain through TLS, over random connections, ends and changes: none falls while the engine lives, and
 * each listener has carried what its upstream has, encrypted or not.
 *
 * @module
 */

import assert from "node:assert/strict";
import { wholeOctets } from "../conformance/recorder.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { readOpenMetrics } from "../telemetry/open_metrics_text.ts";

const BACK = "inet/127.0.0.1:9000";
const SEEDS = 3;
const ACTS = 25;

/** Clients connect to `clear`, which connects to `secure` by TLS. */
function chain(rate: string): string {
  return `
nodes:
  clear: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 16, accept: { template: t }] }
  secure:
    type: ksocket
    hook: inet/stream/tls
    messages:
      - settls: { cert: ${JSON.stringify(tlsFiles?.server.cert)}, key: ${JSON.stringify(tlsFiles?.server.key)} }
      - setconfig: { maxBytesPerSecond: ${rate} }
      - bind: inet/127.0.0.1:82
      - listen: 16
      - accept: { connect: "${BACK}" }
templates:
  t:
    nodes:
      up:
        type: ksocket
        hook: inet/stream/tls
        messages: [{ settls: { ca: ${JSON.stringify(tlsFiles?.ca.cert)} } }, { connect: "inet/127.0.0.1:82" }]
`;
}

for (let seed = 1; seed <= SEEDS; seed++) {
  test(
    `counters never fall through TLS, and both ends of each relay agree: seed ${seed}`,
    { skip: tlsSkip },
    async () => {
      await using world = new MemoryEngine();
      world.echo(BACK);
      let state = seed;
      const random = (n: number): number => (state = (state * 48_271) % 2_147_483_647) % n;
      await world.apply(chain("1MiB"));
      const clients: Awaited<ReturnType<MemoryEngine["connect"]>>[] = [];
      let before = new Map<string, number>();
      for (let act = 0; act < ACTS; act++) {
        const client = clients[random(Math.max(1, clients.length))];
        const what = random(8);
        if (act < 2 || what < 2) clients.push(await world.connect("inet/127.0.0.1:80"));
        else if (act < 4 || what < 5) client?.socket.send(wholeOctets(new Uint8Array(1 + random(40_000))), null);
        else if (what === 5 && client !== undefined) clients.splice(clients.indexOf(client), 1)[0]?.socket.abort();
        else if (what === 6) await world.apply(chain(random(2) === 0 ? "1MiB" : "2MiB"));
        else await world.memory.advance(random(2_000));
        await world.memory.idle();
        const now = await bytesOf(world);
        for (const [key, value] of before) assert.ok((now.get(key) ?? 0) >= value, `${key} fell in act ${act}`);
        before = now;
      }
      for (const { socket } of clients) socket.abort();
      await world.memory.advance(120_000);
      const bytes = await bytesOf(world);
      for (const [listener, upstream] of [["clear", "t/up"], ["secure", "connect/upstream"]]) {
        assert.ok((bytes.get(`${listener} in`) ?? 0) > 0, `${listener} has carried nothing`);
        assert.equal(bytes.get(`${listener} in`), bytes.get(`${upstream} out`), `what clients of ${listener} sent`);
        assert.equal(
          bytes.get(`${listener} out`),
          bytes.get(`${upstream} in`),
          `what clients of ${listener} were sent`,
        );
      }
    },
  );
}

/** The bytes of each node: `clear in`. */
async function bytesOf({ engine }: MemoryEngine): Promise<Map<string, number>> {
  const families = readOpenMetrics(await engine.metrics());
  const samples = families.flatMap((family) => family.samples).filter(({ name }) => name === "sockgraph_bytes_total");
  return new Map(samples.map(({ labels, value }) => [`${labels["node"]} ${labels["direction"]}`, value]));
}
