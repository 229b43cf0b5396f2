/**
 * Metrics: the format is strictly OpenMetrics, the numbers are those of status, and no label has an ID.
 *
 * @module
 */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { Engine } from "../../src/engine/engine.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { type Family, formatOpenMetrics, Histogram } from "../../src/telemetry/openmetrics.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { wholeOctets } from "../conformance/recorder.ts";
import { tableRows } from "../docs/document.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { type ReadFamily, readOpenMetrics } from "./open_metrics_text.ts";

const TOPOLOGY = `
name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:80", listen: 5, accept: { template: session }]
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:80"] }
  source: { type: pipe }
  db: { type: pool, messages: [settargets: ["inet/127.0.0.1:90", { to: "inet/127.0.0.1:91", name: spare, backup: true }]] }
${
  tlsFiles === null ? "" : `
  secure:
    type: ksocket
    hook: inet/stream/tls
    messages:
      - settls: { cert: "${tlsFiles.server.cert}", key: "${tlsFiles.server.key}" }
      - bind: "inet/127.0.0.1:443"
      - listen: 5
      - accept: { template: session }`
}
links: [[out, "source:upper"]]
templates:
  session: { nodes: { back: { type: echo } } }
`;

test("formatOpenMetrics() writes what a strict reader reads, whatever labels hold", () => {
  const text = 'a "quoted" \\ back\nslash';
  const durations = new Histogram([0.5, 1]);
  for (const seconds of [0.25, 0.5, 0.75, 2]) durations.observe(seconds);
  const families: readonly Family[] = [
    { name: "one", type: "gauge", help: "Line\nbreak", samples: [{ labels: { text }, value: -1.5 }] },
    { name: "two", type: "counter", help: "Counted", samples: [{ labels: {}, value: 1e21 }] },
    { name: "three", type: "histogram", help: "Times", samples: [{ labels: { a: "b" }, histogram: durations }] },
    { name: "none", type: "gauge", help: "Left out", samples: [] },
  ];
  const [one, two, three, ...rest] = readOpenMetrics(formatOpenMetrics(families));
  assert.deepEqual(rest, []);
  assert.deepEqual(one?.samples, [{ name: "one", labels: { text }, value: -1.5 }]);
  assert.deepEqual(two?.samples, [{ name: "two_total", labels: {}, value: 1e21 }]);
  assert.deepEqual(three?.samples.map(({ labels, value }) => [labels["le"], value]), [
    ["0.5", 2],
    ["1.0", 3],
    ["+Inf", 4],
    [undefined, 4],
    [undefined, 3.5],
  ]);
});

const BROKEN = [
  "a 1\n# EOF\n",
  "# HELP a b\n# TYPE a gauge\na 1\n",
  "# HELP a b\n# TYPE a counter\na 1\n# EOF\n",
  '# HELP a b\n# TYPE a gauge\na{b="1} 1\n# EOF\n',
  '# HELP a b\n# TYPE a gauge\na{b="1"} 1\na{b="1"} 2\n# EOF\n',
  "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 1\n# EOF\n",
  '# HELP a b\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 2\na_sum 1\n# EOF\n',
];

test("readOpenMetrics() refuses what is not in the format", () => {
  for (const text of BROKEN) assert.throws(() => readOpenMetrics(text), Error, text);
});

async function withEngine(body: (engine: Engine, network: MemoryNetwork) => Promise<void>): Promise<void> {
  const network = new MemoryNetwork();
  const usage = () => ({ residentBytes: 1024, cpuSeconds: 1.5 });
  await using engine = new Engine({ sockets: network.openSockets(), clock: network.clock, pid: 7, usage });
  const { topologies } = loadTopology({
    source: { name: "web.yaml", text: TOPOLOGY },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  const source = { kind: "library", location: "", revision: null };
  const desired = topologies.map(({ state }) => ({ state, source }));
  await engine.apply({ topologies: desired, replace: [], rollback: true, waitMs: 0 }, () => {});
  await network.advance(1_000);
  await body(engine, network);
}

function valueOf(families: readonly ReadFamily[], name: string, labels: Readonly<Record<string, string>>): number {
  const samples = families.flatMap((family) => family.samples).filter((sample) => {
    return sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text);
  });
  assert.equal(samples.length, 1, `${name} ${JSON.stringify(labels)}`);
  return samples[0]?.value ?? NaN;
}

test("Engine.metrics() contains what status contains, and the actions of the loop", () =>
  withEngine(async (engine, network) => {
    const families = readOpenMetrics(await engine.metrics());
    const web = { topology: "web" };
    assert.equal(valueOf(families, "sockgraph_node_up", { ...web, node: "front", type: "ksocket" }), 1);
    assert.equal(valueOf(families, "sockgraph_connections_active", { ...web, node: "front" }), 1);
    assert.equal(valueOf(families, "sockgraph_connections_total", { ...web, node: "front", result: "accepted" }), 1);
    assert.equal(valueOf(families, "sockgraph_generation", web), 1);
    assert.equal(valueOf(families, "sockgraph_reconciles_total", { ...web, result: "applied" }), 1);
    assert.equal(valueOf(families, "sockgraph_reconcile_duration_seconds_count", web), 1);
    assert.equal(valueOf(families, "sockgraph_drift_total", web), 0);
    assert.equal(valueOf(families, "process_cpu_seconds_total", {}), 1.5);
    // "out" is connected to "front": one end of it was connected, the other accepted, and neither has ended.
    assert.equal(valueOf(families, "sockgraph_connect_duration_seconds_count", { ...web, node: "out" }), 1);
    assert.equal(valueOf(families, "sockgraph_connection_duration_seconds_count", { ...web, node: "front" }), 0);
    const pushed = { ...web, node: "front", direction: "in" };
    assert.equal(valueOf(families, "sockgraph_backpressure_seconds_total", pushed), 0);
    await engine.msg({ path: "web/front:", command: "setconfig", argument: "{ idleTimeout=7s }" });
    await network.advance(1_000);
    for (const _ of [1, 2]) {
      assert.equal(valueOf(readOpenMetrics(await engine.metrics()), "sockgraph_drift_total", web), 1);
    }
  }));

test("Engine.metrics() has no label with an ID, and as many samples however many connections there are", () =>
  withEngine(async (engine) => {
    const { topologies } = await engine.status();
    const ids = new Set((await engine.liveNodes("web")).map(({ id }) => id));
    assert.ok(ids.size > 0);
    const nodes = new Set(topologies.flatMap((topology) => topology.nodes.map(({ name }) => name)));
    for (const { samples } of readOpenMetrics(await engine.metrics())) {
      for (const { labels } of samples) {
        if (labels["node"] !== undefined) assert.ok(nodes.has(labels["node"]));
        for (const text of Object.values(labels)) assert.doesNotMatch(text, /\[[0-9a-f]+\]/);
      }
    }
  }));

const listener = (peer: string): string =>
  `nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 5, accept: { peer: at }] }
  at: { type: ${peer} }
`;

test("status begins at zero for what was removed or became another type, and metrics go on", async () => {
  await using world = new MemoryEngine();
  const counted = async (name: string) => {
    const { hooks, connections } = await world.status(name);
    const read = readOpenMetrics(await world.engine.metrics());
    const bytes = read.flatMap(({ samples }) => samples).find(({ name: sample, labels }) => {
      return sample === "sockgraph_bytes_total" && labels["node"] === name && labels["direction"] === "in";
    });
    return [hooks.reduce((sum, hook) => sum + hook.in.bytes, 0), connections?.total ?? null, bytes?.value];
  };
  const talk = async () => {
    const { socket } = await world.connect("inet/127.0.0.1:80");
    socket.send(wholeOctets(new Uint8Array(3)), null);
    await world.memory.idle();
    socket.abort();
    await world.memory.idle();
  };
  await world.apply(listener("echo"));
  await talk();
  assert.deepEqual([await counted("front"), await counted("at")], [[3, 1, 3], [3, null, 3]]);
  await world.engine.down({ names: ["t"] });
  await world.apply(listener("hole"));
  assert.deepEqual([await counted("front"), await counted("at")], [[0, 0, 3], [0, null, 3]]);
  await talk();
  assert.deepEqual([await counted("front"), await counted("at")], [[3, 1, 6], [3, null, 6]]);
  await world.apply(listener("echo"));
  assert.deepEqual([await counted("front"), await counted("at")], [[3, 1, 6], [0, null, 6]]);
  await talk();
  await world.apply("nodes: { at: { type: echo } }");
  await world.apply(listener("echo"));
  assert.deepEqual([await counted("front"), await counted("at")], [[0, 0, 9], [3, null, 9]]);
});

test("Connections of each rule of route are counted on when the node is recreated, renamed rules stay, and none falls", async () => {
  await using world = new MemoryEngine();
  const topology = (route: string): string =>
    `nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 5, accept: { route: ${route} }] }
  at: { type: echo }
`;
  const counted = async () => {
    const samples = readOpenMetrics(await world.engine.metrics()).flatMap((family) => family.samples);
    const of = (name: string) => {
      const found = samples.filter((sample) => sample.name === `sockgraph_route_connections${name}`);
      return Object.fromEntries(found.map(({ labels, value }) => [labels["rule"], value]));
    };
    return [of("_total"), of("_active")];
  };
  const talk = async (text: string) => {
    const { socket } = await world.connect("inet/127.0.0.1:80");
    socket.send(wholeOctets(new TextEncoder().encode(text)), null);
    await world.memory.idle();
  };
  const rules = '[{ starts: "A", peer: at }, { peer: at }]';
  await world.apply(topology(rules));
  for (const text of ["A", "B", "A"]) await talk(text);
  assert.deepEqual(await counted(), [{ 'starts="A"': 2, default: 1 }, { 'starts="A"': 2, default: 1 }]);
  await world.apply(topology(rules), ["t/front"]);
  await talk("A");
  assert.equal((await world.status("front")).connections?.byRule?.[0]?.total, 3, "status counts on too");
  assert.deepEqual((await counted())[0], { 'starts="A"': 3, default: 1 });
  await world.apply(topology('[{ starts: "X", peer: at }, { peer: at }]'));
  await talk("A");
  assert.deepEqual((await counted())[0], { 'starts="A"': 3, 'starts="X"': 0, default: 2 });
  await world.engine.down({ names: ["t"] });
  await world.apply(topology(rules));
  await talk("A");
  assert.deepEqual((await counted())[0], { 'starts="A"': 4, 'starts="X"': 0, default: 2 });
});

test("docs/control-api.md has every metric", () =>
  withEngine(async (engine) => {
    const document = readFileSync(new URL("../../docs/control-api.md", import.meta.url), "utf8");
    const rows = tableRows(document.split("## Metrics")[1]?.split("\n## ")[0] ?? "");
    const reported = rows.filter(([name = ""]) => /^`(?:sockgraph|process)_/.test(name)).map(([name = "", type = ""]) =>
      `${name.replaceAll("`", "")} ${type}`
    );
    const suffix: Readonly<Record<string, string>> = { counter: "_total", info: "_info" };
    const families = readOpenMetrics(await engine.metrics());
    const found = families.map(({ name, type }) => `${name}${suffix[type] ?? ""} ${type}`);
    for (const one of found) assert.ok(reported.includes(one), one);
    // What nothing was counted of yet has no sample, and without libssl no node here has a certificate.
    const rest = reported.filter((one) => !found.includes(one));
    const absent = tlsFiles === null ? /dropped|closed|fault|route|certificate/ : /dropped|closed|fault|route/;
    assert.deepEqual(rest.filter((one) => !absent.test(one)), []);
  }));

test("the metric of a certificate is the time of its expiry", { skip: tlsSkip }, () =>
  withEngine(async (engine) => {
    const families = readOpenMetrics(await engine.metrics());
    const labels = { topology: "web", node: "secure", path: tlsFiles?.server.cert ?? "" };
    const seconds = valueOf(families, "sockgraph_tls_certificate_expiry_timestamp_seconds", labels);
    const { validTo } = new X509Certificate(readFileSync(labels.path));
    assert.equal(seconds, Date.parse(validTo) / 1_000);
  }));
