/**
 * Metrics are scraped while and after real connections pass every kind of node of copies: no series falls or disappears,
 * and what a listener has carried is what its upstreams have.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { readOpenMetrics } from "../telemetry/open_metrics_text.ts";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { HealthStage } from "./health/stage.ts";

const CLIENTS = 6;
const BYTES = 300_000;
const TIMEOUT_MS = 60_000;
/** How long connections may take to end, on a machine that is busy. */
const PATIENCE_MS = 20_000;
const CHECK_INTERVAL_MS = 50;

function topology(port: number, dead: number): string {
  const front = (name: string, accept: string) =>
    `  ${name}: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 64, accept: ${accept}, getname] }`;
  const upstream = `{ type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }`;
  return `
nodes:
${front("chain", "{ template: s }")}
${front("plain", `{ connect: "inet/127.0.0.1:${port}" }`)}
${front("shared", "{ peer: echo }")}
${front("dead", `{ connect: "inet/127.0.0.1:${dead}" }`)}
  echo: { type: echo }
  sink: { type: hole }
templates:
  s:
    entry: "tap:left"
    nodes:
      tap: { type: tee }
      change: { type: patch }
      up: ${upstream}
    links: [["tap:right", "change:in"], ["change:out", up], ["tap:left2right", sink]]
`;
}

/** All counters by name and labels, none of which is less than before. */
async function scrape(stage: HealthStage, known: Map<string, number>): Promise<void> {
  const seen = new Map<string, number>();
  for (const { type, samples } of readOpenMetrics(await stage.engine.metrics())) {
    if (type !== "counter" && type !== "histogram") continue;
    for (const { name, labels, value } of samples) seen.set(`${name} ${JSON.stringify(labels)}`, value);
  }
  for (const [key, value] of known) {
    const now = seen.get(key);
    assert.ok(now !== undefined && now >= value, `${key} was ${value} and is ${now}`);
  }
  for (const [key, value] of seen) known.set(key, value);
}

for (const { name: runtime, skip } of realRuntimes) {
  test(
    `GET /metrics: nothing falls while and after connections (${runtime})`,
    { skip, timeoutMs: TIMEOUT_MS },
    async () => {
      await using stage = await HealthStage.open(runtime);
      const server = await stage.serve();
      const gone = await stage.serve();
      const refused = portOf(gone);
      await stage.end(gone);
      await stage.apply("t", topology(portOf(server), refused));
      const known = new Map<string, number>();
      await scrape(stage, known);

      const clients = await Promise.all(
        ["chain", "plain", "shared"].flatMap((node) => Array.from({ length: CLIENTS }, () => dial(stage, node))),
      );
      const back = clients.map((client) => receive(client, BYTES));
      for (const client of clients) client.write(new Uint8Array(BYTES));
      for (let count = 0; count < 5; count++) await scrape(stage, known);
      await Promise.all(back);
      await scrape(stage, known);
      // Some end, some reset.
      clients.forEach((client, place) => place % 2 === 0 ? client.end() : client.resetAndDestroy());
      const dead = await stage.port("t/dead");
      await Promise.all(Array.from({ length: CLIENTS }, () => stage.refusedClient(dead)));
      await settle(stage, known);

      const value = (name: string, labels: Readonly<Record<string, string>>) =>
        known.get(`${name} ${JSON.stringify({ topology: "t", ...labels })}`) ?? 0;
      const bytes = (node: string, direction: string) => value("sockgraph_bytes_total", { node, direction });
      for (const [listener, upstream] of [["chain", "s/up"], ["plain", "connect/upstream"]] as const) {
        assert.equal(bytes(listener, "in"), CLIENTS * BYTES);
        assert.equal(bytes(upstream, "out"), CLIENTS * BYTES);
        assert.equal(bytes(listener, "out"), bytes(upstream, "in"));
      }
      for (const way of ["in", "out"]) assert.equal(bytes("echo", way), CLIENTS * BYTES);
      assert.equal(bytes("sink", "in"), CLIENTS * BYTES);
      const results = (node: string, result: string) => value("sockgraph_connections_total", { node, result });
      assert.deepEqual([results("dead", "accepted"), results("dead", "upstream_failed")], [0, CLIENTS]);
      for (const node of ["chain", "plain", "shared"]) assert.equal(results(node, "accepted"), CLIENTS);
    },
  );
}

function portOf(server: { address(): unknown }): number {
  const address = server.address();
  if (typeof address !== "object" || address === null || !("port" in address)) throw new RangeError("No port");
  return Number(address.port);
}

async function dial(stage: HealthStage, node: string): Promise<Socket> {
  return await stage.client(await stage.port(`t/${node}`));
}

/** Until nothing is open any more, with a scrape at each look. */
async function settle(stage: HealthStage, known: Map<string, number>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS;;) {
    await scrape(stage, known);
    const { topologies } = await stage.engine.status();
    const open = topologies.flatMap(({ nodes }) => nodes.filter(({ connections }) => (connections?.active ?? 0) > 0));
    if (open.length === 0) return;
    assert.ok(Date.now() < deadline, `${open.map(({ name }) => name)} have connections`);
    await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL_MS));
  }
}

/** Until so many bytes have come. */
async function receive(socket: Socket, bytes: number): Promise<void> {
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on("data", (chunk: Uint8Array) => {
      received += chunk.length;
      if (received >= bytes) resolve();
    });
    socket.on("close", () => reject(new Error(`Closed after ${received} bytes`)));
  });
}
