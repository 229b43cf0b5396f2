/**
 * The alert rules and the dashboard: what Prometheus says of them and of the metrics, and that all metrics exist.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { monitoringHandler } from "../../src/api/monitoring.ts";
import { OPEN_METRICS } from "../../src/telemetry/openmetrics.ts";
import { peer, test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";
import { run } from "../support/process.ts";
import { tableRows } from "../docs/document.ts";

const promtool = peer("promtool");
const RULES = new URL("../../packaging/prometheus-alerts.yaml", import.meta.url);
const DASHBOARD = new URL("../../packaging/grafana-dashboard.json", import.meta.url);

const TOPOLOGY = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 5, accept: { connect: pool/db }] }
  db: { type: pool, messages: [settargets: ["inet/10.0.0.1:5432", { to: "inet/10.0.0.2:5432", name: 'b"\\\\' }]] }
  router:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: "inet/127.0.0.1:81"
      - listen: 5
      - accept: { route: [{ starts: "SSH-", connect: ["inet/10.0.0.1:22"] }, { connect: pool/db }] }
`;

/** What an engine with connections and failures serves over TCP to a client that accepts these media types. */
async function serveMetrics(accept: string): Promise<Response> {
  await using world = new MemoryEngine();
  await world.apply(TOPOLOGY);
  for (const port of [80, 81]) await world.connect(`inet/127.0.0.1:${port}`);
  await world.memory.idle();
  const text = await world.engine.metrics();
  const handle = () => Promise.resolve(new Response(text, { headers: { "content-type": OPEN_METRICS } }));
  const page = () => Promise.resolve(new Response(null, { status: 404 }));
  const serve = monitoringHandler(handle, { host: null, page });
  return await serve(new Request("http://127.0.0.1/metrics", { headers: { accept } }));
}

test("GET /metrics over TCP passes promtool check metrics", { skip: promtool.skip }, async () => {
  const response = await serveMetrics("*/*");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const input = await response.text();
  assert.match(input, /^# TYPE sockgraph_route_connections_total counter$/m);
  const { code, stdout, stderr } = await run(promtool.path ?? "", ["check", "metrics"], { input });
  assert.deepEqual({ code, stdout: stdout.length, stderr }, { code: 0, stdout: 0, stderr: "" });
});

test("GET /metrics over TCP is OpenMetrics for a client that accepts it, as Prometheus does", async () => {
  const response = await serveMetrics(
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2",
  );
  assert.equal(response.headers.get("content-type"), OPEN_METRICS);
  assert.match(await response.text(), /^# TYPE sockgraph_route_connections counter$[^]*\n# EOF\n$/m);
});

test("prometheus-alerts.yaml passes promtool check rules", { skip: promtool.skip }, async () => {
  const { code, stderr } = await run(promtool.path ?? "", ["check", "rules", fileURLToPath(RULES)]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});

test("The alert rules and the dashboard name only metrics that exist", () => {
  const document = readFileSync(new URL("../../docs/control-api.md", import.meta.url), "utf8");
  // Another test compares this table with what an engine serves.
  const rows = tableRows(document.split("## Metrics")[1]?.split("\n## ")[0] ?? "");
  const known = new Set(rows.flatMap(([name = "", type = ""]) => {
    const metric = name.replaceAll("`", "");
    return type === "histogram" ? ["_bucket", "_count", "_sum"].map((end) => metric + end) : [metric];
  }));
  const named = [RULES, DASHBOARD].flatMap((file) => {
    return readFileSync(file, "utf8").match(/\b(?:sockgraph|process)_[a-z_]+/g) ?? [];
  });
  assert.ok(named.length > 30, `${named.length}`);
  assert.deepEqual([...new Set(named)].filter((name) => !known.has(name)), []);
});

test("The dashboard is a dashboard of Grafana whose panels do not overlap", () => {
  const { panels, schemaVersion, templating } = JSON.parse(readFileSync(DASHBOARD, "utf8"));
  assert.ok(schemaVersion >= 30);
  assert.deepEqual(templating.list.map(({ name }: { name: string }) => name), ["datasource", "instance", "topology"]);
  const cells = new Set<string>();
  for (const { id, title, gridPos: { x, y, w, h } } of panels) {
    assert.ok(title !== "" && x + w <= 24, `${id}`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        assert.ok(!cells.has(`${column} ${line}`), `panel "${title}" overlaps another one`);
        cells.add(`${column} ${line}`);
      }
    }
  }
});
