import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Shard } from "../../../src/engine/threads/shard.ts";
import { ShardedPort } from "../../../src/engine/threads/sharded_port.ts";
import { Graph } from "../../../src/graph/core/graph.ts";
import type { GraphEvent } from "../../../src/graph/data/event.ts";
import { localPort } from "../../../src/graph/port/port_local.ts";
import type { GraphPort } from "../../../src/graph/port/port.ts";
import { sessionEnd } from "../../../src/nodes/session_end.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory/network.ts";
import { test } from "../../harness.ts";
import type { Pair } from "../../support/certificates.ts";
import { tlsFiles, tlsSkip } from "../../support/tls.ts";
import { Sharded } from "../sharded.ts";

const FRONT = "inet/127.0.0.1:80";
const BACK = "inet/127.0.0.1:90";

/** A relay whose accept says a bit more. */
function relay(more = "", settings = ""): string {
  return `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [${settings} bind: "${FRONT}", listen: 5, accept: { connect: "${BACK}"${more} }]
`;
}

test("ShardedPort shares a relay out: both threads take connections, and status counts them together", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  assert.equal((await sharded.apply(relay())).result, "applied");
  for (let count = 0; count < 6; count++) await sharded.connect(FRONT);
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [3, 3]);
  const front = await sharded.node("front");
  assert.deepEqual([front.connections?.active, front.connections?.total], [6, 6]);
  assert.deepEqual(front.connections?.byGeneration, { 1: 6 });
  assert.deepEqual(front.notes, ["on 2 threads"]);
  const topology = await sharded.topology();
  const connects = topology.timings?.["connect/upstream"]?.connect?.counts ?? [];
  assert.equal(connects.reduce((sum, count) => sum + count, 0), 6);
  assert.deepEqual([topology.sync, topology.health], ["Synced", "Healthy"]);
  assert.deepEqual(topology.nodes.map(({ name }) => name), ["front", "connect/upstream"]);
  assert.equal(topology.nodes[1]?.connections?.active, 6);
});

test("ShardedPort passes on what each thread emits while it is closed, whichever is closed last", async () => {
  const { clock } = new MemoryNetwork();
  for (const last of ["first", "second"]) {
    const emitted: string[] = [];
    const port = (name: string): GraphPort => {
      const graph = localPort(new Graph({ types: [], clock }), { sessionEnd });
      let listen: (event: GraphEvent) => void = () => {};
      return {
        ...graph,
        subscribe: (listener) => {
          listen = listener;
          return () => listen = () => {};
        },
        close: async () => {
          if (name === last) { for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate); }
          listen({ kind: "changed", scope: name });
        },
      };
    };
    const sharded = new ShardedPort(port("first"), [new Shard(1, { port: port("second"), lost: () => false })], {
      clock,
      random: () => 0,
    });
    sharded.subscribe((event) => emitted.push(event.kind === "changed" ? event.scope : event.kind));
    await sharded.close();
    assert.deepEqual(emitted.sort(), ["first", "second"], `${last} is last`);
  }
});

test("ShardedPort shares rules of route, and adds the connections of each rule", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  const accept = `route: [{ silent: true, starts: A, connect: "${BACK}" }, { connect: "${BACK}" }], within: 1s`;
  await sharded.apply(relay().replace(`connect: "${BACK}"`, accept));
  for (let count = 0; count < 4; count++) await sharded.connect(FRONT);
  await sharded.network.advance(1_000);
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [2, 2]);
  assert.deepEqual((await sharded.node("front")).connections?.byRule, [
    { rule: 'starts="A", silent', active: 4, total: 4 },
    { rule: "default", active: 0, total: 0 },
  ]);
  const total = /^sockgraph_route_connections_total\{.*starts=.*\} 4$/m;
  assert.match(await sharded.engine.metrics(), total);
  // One thread has no part of it any more.
  await sharded.apply(relay().replace(`connect: "${BACK}"`, `${accept}, maxPerSource: 9`));
  assert.deepEqual((await sharded.active("front"))[1], null);
  assert.match(await sharded.engine.metrics(), total);
  assert.equal((await sharded.node("front")).connections?.byRule?.[0]?.total, 4);
});

test("ShardedPort merges faults of rules: a rule that fails in two threads is one, and others serve", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  const route = `route: [{ silent: true, starts: A, template: broken }, { connect: "${BACK}" }], within: 1s`;
  const broken =
    '{ up: { type: ksocket, hook: inet/stream/tcp, messages: [getpeername:, connect: "inet/127.0.0.1:81"] } }';
  const templates = `templates: { broken: { nodes: ${broken} } }`;
  const outcome = await sharded.apply(`${relay().replace(`connect: "${BACK}"`, route)}\n${templates}\n`);
  assert.equal(outcome.result, "applied");
  for (let count = 0; count < 4; count++) await sharded.connect(FRONT);
  await sharded.network.advance(1_000);
  await sharded.network.idle();
  const { faults, connections } = await sharded.node("front");
  assert.equal(connections?.refused, 4);
  const found = faults.map(({ reason, serving, count, message }) => [reason, serving, count, message.split(":")[0]]);
  assert.deepEqual(found, [["SetupFailed", true, 4, 'Rule starts="A", silent']]);
});

test("ShardedPort divides max, and uses no more threads than connections", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay(", max: 3, overflow: refuse"));
  for (let count = 0; count < 8; count++) await sharded.connect(FRONT);
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [2, 1]);
  const { connections } = await sharded.node("front");
  assert.deepEqual([connections?.active, connections?.refused], [3, 5]);
  await sharded.apply(relay(", max: 1"));
  assert.equal((await sharded.active("front"))[1], null);
  // The connections of the other thread continue without an owner.
  assert.equal((await sharded.node("front")).connections?.active, 2);
  assert.equal((await sharded.node("connect/upstream")).connections?.active, 3);
  assert.match((await sharded.node("front")).notes.join(), /^on one thread: a limit of 1 /);
});

test("ShardedPort leaves what is shared with others on one thread, and reports why", async () => {
  await using sharded = new Sharded(2);
  const listener = (port: number, accept: string): string =>
    `{ type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:${port}", listen: 5, accept: ${accept}] }`;
  await sharded.apply(`
nodes:
  bus: { type: hub }
  peer: ${listener(81, "{ peer: bus }")}
  source: ${listener(82, `{ connect: "${BACK}", maxPerSource: 2 }`)}
  joins: ${listener(83, "{ template: joins }")}
  asks: ${listener(84, "{ template: asks }")}
  own: ${listener(85, "{ template: own }")}
  resolved: ${listener(86, "{ template: own, with: { to: '${own.getname}' } }")}
templates:
  joins: { entry: "t:left", nodes: { t: { type: tee } }, links: [["t:right", bus]] }
  asks:
    nodes: { up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${own.getname}"] } }
  own:
    parameters: { to: "${BACK}" }
    nodes: { up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${with.to}"] } }
`);
  const { nodes } = await sharded.topology();
  const notes = Object.fromEntries(
    nodes.flatMap(({ name, notes }) => notes.length === 0 ? [] : [[name, notes.join()]]),
  );
  assert.deepEqual(notes, {
    peer: 'on one thread: its connections join "bus"',
    source: "on one thread: maxPerSource counts the connections of one source in all threads",
    joins: 'on one thread: template "joins" joins "bus"',
    asks: 'on one thread: template "asks" refers to "own"',
    own: "on 2 threads",
    resolved: "on 2 threads",
  });
});

test("ShardedPort changes nothing of the state: an export applied plans nothing, and drift is seen", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay("", "setopt: { SO_KEEPALIVE: 1 }, "));
  const { result } = await sharded.apply(await sharded.engine.export("t"));
  assert.equal(result, "unchanged");
  await sharded.engine.msg({ path: "t/front:", command: "setconfig", argument: "{ idleTimeout=5s }" });
  assert.equal((await sharded.topology()).sync, "OutOfSync");
  const [, other] = sharded.parts;
  const configured = await other?.port.send("t/front:", "getconfig", null);
  assert.match(configured?.text ?? "", /idleTimeout=5s/);
});

test("ShardedPort passes live changes on, and takes back what a setting was", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay());
  for (let count = 0; count < 4; count++) await sharded.connect(FRONT);
  const idle = async () => {
    return await Promise.all(
      sharded.parts.map(async ({ port }) => (await port.send("t/front:", "getconfig", null)).text),
    );
  };
  const before = await idle();
  await sharded.apply(relay(", max: 6", "setconfig: { idleTimeout: 7s }, "));
  assert.deepEqual((await idle()).map((text) => /idleTimeout=7s/.test(text ?? "")), [true, true]);
  assert.deepEqual(await sharded.active("front"), [2, 2]);
  for (let count = 0; count < 6; count++) await sharded.connect(FRONT);
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [3, 3]);
  await sharded.apply(relay());
  assert.deepEqual(await idle(), before);
  await sharded.network.idle();
  const { connections } = await sharded.node("front");
  assert.deepEqual([connections?.active, connections?.refused], [10, 0]);
});

test("ShardedPort moves a listener with its copies, and ends it with them; its connections live on", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay());
  for (let count = 0; count < 4; count++) await sharded.connect(FRONT);
  await sharded.apply(relay().replaceAll(":80", ":81"));
  await sharded.network.idle();
  await assert.rejects(sharded.connect(FRONT), { code: "ECONNREFUSED" });
  for (let count = 0; count < 2; count++) await sharded.connect("inet/127.0.0.1:81");
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [1, 1]);
  await sharded.apply(relay().replaceAll(":80", ":81").replace("front:", "renamed:"));
  assert.deepEqual(await sharded.active("renamed"), [1, 1]);
  await sharded.apply("nodes: { back: { type: echo } }");
  await assert.rejects(sharded.connect("inet/127.0.0.1:81"), { code: "ECONNREFUSED" });
  const snapshot = await sharded.port.snapshot("t", { each: true });
  assert.equal(snapshot?.nodes.filter(({ template }) => template === "connect/upstream").length, 6);
});

test("ShardedPort recreates a listener at its address", async () => {
  await using sharded = new Sharded(3);
  sharded.serve(BACK);
  await sharded.apply(relay());
  const [desired] = await sharded.engine.history("t");
  assert.equal(desired?.result, "applied");
  assert.equal((await sharded.apply(relay("", "setopt: { SO_REUSEADDR: 1 }, "))).result, "applied");
  for (let count = 0; count < 3; count++) await sharded.connect(FRONT);
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [1, 1, 1]);
});

test("ShardedPort rolls back a change when a copy cannot be created", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  const peer = relay().replace(`connect: "${BACK}"`, "peer: back").concat("  back: { type: echo }\n");
  await sharded.apply(peer);
  sharded.network.fail(`bind ${FRONT}`, "EADDRINUSE");
  const outcome = await sharded.apply(relay().concat("  back: { type: echo }\n"));
  assert.equal(outcome.result, "rolled-back");
  assert.match(outcome.message ?? "", /^Cannot share "t\/front" among threads: /);
  assert.deepEqual((await sharded.active("front"))[1], null);
  const { nodes, generation } = await sharded.topology();
  assert.deepEqual([generation, nodes.find(({ name }) => name === "front")?.state], [1, "ready"]);
  assert.match(nodes.flatMap(({ notes }) => notes).join(), /join "back"/);
});

test("ShardedPort goes on with fewer threads, and brings one that is back what it had", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay());
  for (let count = 0; count < 4; count++) await sharded.connect(FRONT);
  await sharded.network.idle();
  await sharded.lose(1);
  await sharded.network.idle();
  assert.equal((await sharded.node("front")).connections?.active, 2);
  await sharded.network.advance(10);
  assert.deepEqual((await sharded.node("front")).notes, ["on 1 of 2 threads"]);
  await sharded.connect(FRONT);
  sharded.restart(1);
  await sharded.network.advance(10);
  await sharded.network.idle();
  assert.deepEqual((await sharded.node("front")).notes, ["on 2 threads"]);
  await sharded.connect(FRONT);
  await sharded.connect(FRONT);
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [4, 1]);
});

test("ShardedPort counts on when a thread goes down, while it is down, and when it is there again", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay());
  const totals = async (): Promise<readonly unknown[]> => {
    await sharded.network.idle();
    const { nodes } = await sharded.topology();
    return nodes.flatMap(({ name, connections }) => connections === null ? [] : [[name, connections.total]]);
  };
  for (let count = 0; count < 4; count++) await sharded.connect(FRONT);
  const [front, upstream] = ["front", "connect/upstream"];
  assert.deepEqual(await totals(), [[front, 4], [upstream, 4]]);
  await sharded.lose(1);
  assert.deepEqual(await totals(), [[front, 4], [upstream, 4]]);
  await sharded.connect(FRONT);
  assert.deepEqual(await totals(), [[front, 5], [upstream, 5]]);
  sharded.restart(1);
  assert.deepEqual(await totals(), [[front, 5], [upstream, 5]]);
  await sharded.network.advance(10);
  for (let count = 0; count < 2; count++) await sharded.connect(FRONT);
  assert.deepEqual(await totals(), [[front, 7], [upstream, 7]]);
});

test("ShardedPort tries again to bring what could not be brought", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay());
  await sharded.lose(1);
  sharded.network.fail(`bind ${FRONT}`, "EADDRINUSE");
  sharded.restart(1);
  await sharded.network.advance(10);
  await sharded.network.idle();
  assert.match((await sharded.node("front")).notes.join(), /^on 1 of 2 threads: /);
  await sharded.network.advance(1_000);
  await sharded.network.idle();
  assert.deepEqual((await sharded.node("front")).notes, ["on 2 threads"]);
});

test("ShardedPort finds a node by its ID in whichever thread it is", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay());
  for (let count = 0; count < 2; count++) await sharded.connect(FRONT);
  await sharded.network.idle();
  const snapshot = await sharded.port.snapshot("t", { each: true });
  const front = snapshot?.nodes.find(({ name }) => name === "front");
  const clones = snapshot?.nodes.filter(({ owner }) => owner === front?.id) ?? [];
  assert.equal(new Set(clones.map(({ id }) => parseInt(id, 16) % 2)).size, 2);
  for (const { id, report } of clones) {
    assert.equal((await sharded.port.send(`[${id}]:`, "getpeername", null)).text, report?.peer);
  }
});

test("ShardedPort drains all threads, and adds up what they answer", async () => {
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  await sharded.apply(relay());
  for (let count = 0; count < 4; count++) await sharded.connect(FRONT);
  await sharded.network.idle();
  const drained = sharded.port.send("t/front:", "drain", "{ timeout=1s }");
  await sharded.network.advance(2_000);
  assert.deepEqual((await drained).value, { ended: 0, closed: 4 });
});

const BACKS = [90, 91].map((port) => `inet/127.0.0.1:${port}`);

/** A relay through a pool of two targets, one of which serves. */
function pooled(messages = "", connect: "pool/db" | "list" | "rule" = "pool/db"): string {
  const targets = BACKS.map((to, at) => `{ to: "${to}", name: t${at} }`);
  const own = connect === "pool/db" ? connect : `[${targets.join(", ")}]`;
  const accept = connect === "rule" ? `route: [{ connect: ${own} }]` : `connect: ${own}`;
  const db = connect === "pool/db"
    ? `  db: { type: pool, messages: [settargets: [${targets.join(", ")}]${messages}] }`
    : "";
  return `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "${FRONT}", listen: 5, accept: { ${accept} }]
${db}
`;
}

async function clientsOf(sharded: Sharded, count: number): Promise<void> {
  for (let client = 0; client < count; client++) await sharded.connect(FRONT);
  await sharded.network.idle();
}

const POOLS = [
  ["pool/NAME", "pool/db", "db"],
  ["a list", "list", "front"],
  ["a list of a rule", "rule", "front"],
] as const;

for (const [how, connect, node] of POOLS) {
  test(`ShardedPort shares a listener that connects through ${how}: one thread probes, and all know`, async () => {
    await using sharded = new Sharded(2);
    sharded.serve(BACKS[1] ?? "");
    assert.equal((await sharded.apply(pooled("", connect))).result, "applied");
    await clientsOf(sharded, 8);
    assert.deepEqual(await sharded.active("front"), [4, 4]);
    const status = await sharded.node(node);
    assert.deepEqual((status.targets ?? []).map(({ state, active, total }) => [state, active, total]), [
      ["down", 0, 0],
      ["up", 8, 8],
    ]);
    assert.deepEqual(status.faults.map(({ reason, serving }) => [reason, serving]), [["TargetsDown", true]]);
    // Each thread tried it once at most before it knew.
    assert.ok((status.targets?.[0]?.failed ?? 0) <= 2);
    const probes = async () => (await sharded.node(node)).targets?.[0]?.probes.failed ?? 0;
    await sharded.network.advance(20_000);
    const before = await probes();
    await sharded.network.advance(15_000);
    assert.equal(await probes() - before, 10, "one probe for each interval of 1.5 s");
    sharded.serve(BACKS[0] ?? "");
    await sharded.network.advance(1_600);
    assert.deepEqual((await sharded.node(node)).faults, []);
    await clientsOf(sharded, 8);
    const [first, second] = (await sharded.node(node)).targets ?? [];
    assert.ok((first?.active ?? 0) >= 4, `${first?.active}`);
    assert.equal((first?.active ?? 0) + (second?.active ?? 0), 16);
  });
}

for (const how of ["connect", "route"] as const) {
  test(`ShardedPort judges the one address of ${how} once for all threads`, async () => {
    await using sharded = new Sharded(2);
    const [dead = "", alive = ""] = BACKS;
    sharded.serve(alive);
    const accept = how === "connect"
      ? `connect: "${dead}"`
      : `within: 1s, route: [{ silent: true, starts: A, connect: "${dead}" }, { connect: "${alive}" }]`;
    assert.equal((await sharded.apply(relay().replace(`connect: "${BACK}"`, accept))).result, "applied");
    await clientsOf(sharded, 8);
    await sharded.network.advance(1_000);
    const judged = async () => {
      const { faults, targets = [] } = await sharded.node("front");
      const known = faults.map(({ reason, serving }) => [reason, serving]);
      return { known, rows: targets.map(({ state, failed }) => [state, failed]), probes: targets[0]?.probes };
    };
    const { known, rows } = await judged();
    assert.deepEqual(known, [how === "connect" ? ["NoTargetUp", false] : ["TargetsDown", true]]);
    assert.deepEqual(rows[0], ["down", 8], "all connections failed, in both threads");
    await sharded.network.advance(20_000);
    const before = (await judged()).probes?.failed ?? 0;
    await sharded.network.advance(15_000);
    assert.equal(((await judged()).probes?.failed ?? 0) - before, 10, "one probe for each interval of 1.5 s");
    sharded.serve(dead);
    await sharded.network.advance(1_600);
    const { known: later, rows: [first] } = await judged();
    assert.deepEqual([later, first], [[], ["up", 8]]);
  });
}

test("ShardedPort counts the failures of all threads in a row, as one thread does", async () => {
  await using sharded = new Sharded(2);
  const health = ", sethealth: { probe: none, fall: 3 }, setconfig: { balance: first }";
  sharded.serve(BACKS[1] ?? "");
  await sharded.apply(pooled(health));
  const state = async () => (await sharded.node("db")).targets?.[0]?.state;
  await clientsOf(sharded, 2);
  assert.deepEqual(await sharded.active("front"), [1, 1]);
  assert.equal(await state(), "unknown");
  await clientsOf(sharded, 1);
  assert.equal(await state(), "down");
  assert.equal((await sharded.node("db")).targets?.[0]?.failed, 3);
});

test("ShardedPort passes orders for targets on, takes them back, and reports to a restarted thread what is down", async () => {
  await using sharded = new Sharded(2);
  for (const to of BACKS) sharded.serve(to);
  await sharded.apply(pooled());
  const states = async () => {
    return await Promise.all(sharded.parts.map(async ({ port }) => {
      const rows = (await port.snapshot("t"))?.nodes.find(({ name }) => name === "db")?.report?.targets ?? [];
      return rows.map(({ state }) => state);
    }));
  };
  await clientsOf(sharded, 8);
  assert.deepEqual(await states(), [["up", "up"], ["up", "up"]]);
  await sharded.engine.msg({ path: "t/db:", command: "draintarget", argument: '"t0"' });
  assert.deepEqual(await states(), [["draining", "up"], ["draining", "up"]]);
  await sharded.engine.msg({ path: "t/db:", command: "enabletarget", argument: '"t0"' });
  assert.deepEqual(await states(), [["up", "up"], ["up", "up"]]);
  await sharded.engine.msg({ path: "t/db:", command: "draintarget", argument: '"t0"' });
  assert.deepEqual(await states(), [["draining", "up"], ["draining", "up"]], "again");
  await sharded.apply(pooled(", setconfig: { balance: leastconn }"));
  assert.deepEqual(await states(), [["up", "up"], ["up", "up"]]);
  const config = await sharded.parts[1]?.port.send("t/db:", "getconfig", null);
  assert.match(config?.text ?? "", /leastconn/);
  await sharded.lose(1);
  sharded.restart(1);
  await sharded.network.advance(1_000);
  await sharded.network.idle();
  assert.deepEqual(await states(), [["up", "up"], ["up", "up"]]);
  await sharded.apply(relay());
  assert.deepEqual(await states(), [[], []]);
});

test("ShardedPort shares a TLS listener: each thread completes handshakes, and a change of settls is for all", {
  skip: tlsSkip,
}, async () => {
  assert.ok(tlsFiles !== null);
  const { certificates, ca, server } = tlsFiles;
  await using sharded = new Sharded(2);
  sharded.serve(BACK);
  const secured = ({ cert, key }: Pair): string => `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tls
    messages: [settls: { cert: ${cert}, key: ${key} }, bind: "${FRONT}", listen: 5, accept: { connect: "${BACK}" }]
`;
  assert.equal((await sharded.apply(secured(server))).result, "applied");
  assert.deepEqual((await sharded.node("front")).notes.filter((note) => !/^Cert/.test(note)), ["on 2 threads"]);
  const tls = { ca: ca.cert, serverName: "localhost" };
  for (let client = 0; client < 4; client++) await sharded.connect(FRONT, tls);
  await sharded.network.idle();
  assert.deepEqual(await sharded.active("front"), [2, 2]);
  await sharded.apply(secured(certificates.make({ name: "other", names: "DNS:other.test", issuer: ca })));
  for (let client = 0; client < 2; client++) {
    await sharded.connect(FRONT, { ca: ca.cert, serverName: "other.test" });
    await assert.rejects(sharded.connect(FRONT, tls), /Certificate is for other\.test/);
  }
});

test("leastconn counts the connections of all threads, also in one that is restarted", async () => {
  await using sharded = new Sharded(2);
  for (const to of BACKS) sharded.serve(to);
  const active = async () => ((await sharded.node("db")).targets ?? []).map(({ active }) => active);
  await sharded.apply(pooled(", setconfig: { balance: leastconn }, draintarget: t1"));
  await sharded.lose(1);
  await clientsOf(sharded, 6);
  assert.deepEqual(await active(), [6, 0]);
  sharded.restart(1);
  await sharded.network.advance(1_000);
  await sharded.apply(pooled(", setconfig: { balance: leastconn }"));
  for (let client = 0; client < 6; client++) {
    await clientsOf(sharded, 1);
    await sharded.network.advance(50);
  }
  assert.deepEqual(await sharded.active("front"), [9, 3]);
  assert.deepEqual(await active(), [6, 6], "the new thread has none of the first six, and knows of them");
});
