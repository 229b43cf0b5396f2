/**
 * Counters over random topologies, connections, ends, changes and manual messages: none falls and none disappears while
 * the engine lives, each attempt to connect has one result, and a listener has carried what its upstreams have.
 *
 * @module
 */

import assert from "node:assert/strict";
import { carriedBy } from "../../src/reconcile/status/status_hook.ts";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";
import { NetgraphError } from "../../src/errors.ts";
import { octetsOf, wholeOctets } from "../conformance/recorder.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";
import { readOpenMetrics } from "../telemetry/open_metrics_text.ts";

const BACK = "inet/127.0.0.1:9000";
const DEAD = "inet/127.0.0.1:9001";
const SEEDS = 10;
const ACTS = 40;

/** Numbers from 0 to below `n`, the same for the same seed. */
function chance(seed: number): (n: number) => number {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * n);
  };
}

type Chance = ReturnType<typeof chance>;

const listener = (name: string, port: number, { limit, accept }: { limit: string; accept: string }) =>
  `  ${name}: { type: ksocket, hook: inet/stream/tcp, messages: [${limit}bind: "inet/127.0.0.1:${port}", listen: 16, accept: ${accept}] }`;

const LIMITS = ["", "setconfig: { maxBytesPerSecond: 2KiB }, ", "setconfig: { totalBytesPerSecond: 4KiB }, "];

/** Listeners by their port: each is there in most topologies, and always under the same name. */
const LISTENERS: readonly (readonly [string, number, readonly string[]])[] = [
  ["front", 80, [`{ connect: "${BACK}" }`, `{ connect: "${BACK}", max: 2, overflow: refuse }`]],
  ["dead", 81, [`{ connect: "${DEAD}" }`, `{ connect: "${DEAD}", deny: ["127.0.0.0/8"] }`]],
  ["shared", 82, ["{ peer: SHARED }", "{ peer: hub }", '{ peer: SHARED, deny: ["127.0.0.1"] }']],
  ["chain", 83, ["{ template: s }", "{ template: s, maxPerSource: 3, overflow: refuse }"]],
  ["pooled", 84, ["{ connect: pool/db }", "{ connect: pool/db, rate: 1/s, burst: 2, overflow: refuse }"]],
  ["listed", 85, [
    `{ connect: ["${DEAD}", "${BACK}"], balance: first }`,
    `{ connect: ["${BACK}"], ratePerSource: 1/s }`,
  ]],
  [
    "named",
    86,
    ["accept", "require"].map((how) => `{ connect: "${BACK}", proxyProtocol: ${how}, trusted: ["127.0.0.0/8"] }`),
  ],
];

/** The listeners whose connections go to an address, by themselves or by a pool. */
const CONNECTING = ["front", "dead", "pooled", "listed", "named"];

/** What a proxy sends first. */
const HEADER = "PROXY TCP4 10.0.0.9 10.0.0.1 4321 86\r\n";

/** A listener is at its port, or so many behind it: then it moves. */
const MOVED = 10;

const STATIONS = [
  ["type: tee", "left", "right"],
  ["type: patch", "in", "out"],
  ["type: pipe, messages: [setcfg: { delay: 1000 }]", "upper", "lower"],
] as const;

function topology(random: Chance): string {
  const shared = random(2) === 0 ? "echo" : "mirror";
  const listeners = LISTENERS.filter(() => random(6) > 0).map(([name, port, accepts]) => {
    const accept = (accepts[random(accepts.length)] ?? "").replace("SHARED", shared);
    return listener(name, port + MOVED * random(2), { limit: LIMITS[random(LIMITS.length)] ?? "", accept });
  });
  const [station, entry, exit] = STATIONS[random(STATIONS.length)] ?? STATIONS[0];
  return `
nodes:
${listeners.join("\n")}
  ${shared}: { type: echo }
  db: { type: pool, messages: [settargets: [${random(2) === 0 ? "" : `"${DEAD}", `}"${BACK}"]] }
  hub: { type: hub }
  sink: { type: hole }
  spread: { type: one2many }
  switch: { type: bridge }
  cut: { type: split }
  collector: { type: ksocket, hook: inet/stream/tcp, restart: never, messages: [connect: "${BACK}"] }
links: [[hub, sink], [hub, collector], ["hub:m", "spread:one"], ["spread:many0", "switch:link0"], ["cut:in", "hub:c"]]
templates:
  s:
    entry: "at:${entry}"
    nodes:
      at: { ${station} }
      up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "${BACK}"] }
    links: [["at:${exit}", up]]
`;
}

/** An engine with clients, and what was seen of its counters. */
class Watched {
  readonly world = new MemoryEngine();
  readonly #random: Chance;
  readonly #attempts = new Map<string, number>();
  readonly #metrics = new Map<string, number>();
  readonly #statuses = new Map<string, number>();
  #clients: Awaited<ReturnType<MemoryEngine["connect"]>>[] = [];

  constructor(random: Chance) {
    this.#random = random;
    this.world.echo(BACK);
  }

  async act(): Promise<string> {
    const random = this.#random;
    const client = this.#clients[random(Math.max(1, this.#clients.length))];
    switch (random(12)) {
      case 0:
        client?.socket.abort();
        return "reset";
      case 1:
        if (client !== undefined) attempt(() => client.socket.shutdown());
        return "shutdown";
      case 2:
        await this.world.apply(topology(random), random(2) === 0 ? [] : ["hub", "sink"].slice(random(2)));
        return "apply";
      case 3:
        await this.#rollback();
        return "rollback";
      case 4:
        return await this.#message();
      case 5:
        await this.world.memory.advance(random(3_000));
        return "time";
      case 6:
        if (random(4) === 0) {
          await this.world.engine.down({ names: ["t"] });
          // What is applied again begins at zero in status; metrics continue.
          this.#statuses.clear();
        }
        await this.world.apply(topology(random));
        return "down";
      case 7:
      case 8:
        if (client !== undefined) {
          attempt(() => client.socket.send(wholeOctets(new Uint8Array(1 + random(3_000))), null));
        }
        return "send";
      default:
        await this.#connect();
        return "connect";
    }
  }

  /** All counters, none of which is less than it was. */
  async check(after: string): Promise<void> {
    await this.world.memory.idle();
    const seen = new Map<string, number>();
    for (const { type, samples } of readOpenMetrics(await this.world.engine.metrics())) {
      if (type !== "counter" && type !== "histogram") continue;
      for (const { name, labels, value } of samples) seen.set(`${name} ${JSON.stringify(labels)}`, value);
    }
    for (const [key, value] of this.#metrics) {
      const now = seen.get(key);
      assert.ok(now !== undefined && now >= value, `${key} was ${value} and is ${now} after ${after}`);
    }
    for (const [key, value] of seen) this.#metrics.set(key, value);
    const { topologies } = await this.world.engine.status();
    const there = new Set(topologies.flatMap(({ nodes }) => nodes.filter(exists).map(({ name }) => name)));
    // So does a node that was removed, when it is added again.
    for (const key of this.#statuses.keys()) {
      if (!there.has(key.slice(0, key.indexOf(" ")))) this.#statuses.delete(key);
    }
    for (const node of topologies.flatMap(({ nodes }) => nodes)) {
      if (!exists(node)) continue;
      for (const [what, value] of countersOf(node)) {
        const key = `${node.name} ${what}`;
        assert.ok(value >= (this.#statuses.get(key) ?? 0), `${key} fell to ${value} after ${after}`);
        this.#statuses.set(key, value);
      }
    }
  }

  /** All clients go. */
  async end(): Promise<void> {
    for (const { socket } of this.#clients) socket.abort();
    await this.world.memory.advance(120_000);
    await this.check("the end");
    const value = (name: string, labels: Readonly<Record<string, string>>): number =>
      this.#metrics.get(`${name} ${JSON.stringify({ topology: "t", ...labels })}`) ?? 0;
    for (const [node, attempts] of this.#attempts) {
      const results = ["accepted", "denied", "limit", "rate", "proxy_protocol", "drain", "upstream_failed", "aborted"];
      const counted = results.map((result) => value("sockgraph_connections_total", { node, result }));
      assert.equal(counted.reduce((sum, one) => sum + one, 0), attempts, `${node}: ${counted}`);
    }
    const bytes = (node: string, direction: string) => value("sockgraph_bytes_total", { node, direction });
    const upstream = "connect/upstream";
    const ofAll = (direction: string) => CONNECTING.reduce((sum, node) => sum + bytes(node, direction), 0);
    assert.equal(ofAll("in"), bytes(upstream, "out"), "what clients sent");
    assert.equal(ofAll("out"), bytes(upstream, "in"), "what clients were sent");
    await this.world[Symbol.asyncDispose]();
  }

  async #connect(): Promise<void> {
    const [name, port] = LISTENERS[this.#random(LISTENERS.length)] ?? ["front", 80];
    try {
      const client = await this.world.connect(`inet/127.0.0.1:${port + MOVED * this.#random(2)}`);
      if (name === "named" && this.#random(3) > 0) client.socket.send(octetsOf(HEADER), null);
      this.#clients.push(client);
      this.#attempts.set(name, (this.#attempts.get(name) ?? 0) + 1);
    } catch (error) {
      // There is no such listener now.
      if (!(error instanceof NetgraphError)) throw error;
      return;
    }
    await this.world.memory.idle();
  }

  async #rollback(): Promise<void> {
    const history = await this.world.engine.history("t").catch(ignored);
    const target = history?.[this.#random(history.length)];
    if (target === undefined || target.current) return;
    const request = { name: "t", generation: target.generation, waitMs: 0 };
    await this.world.engine.rollback(request, () => {}).catch(ignored);
  }

  async #message(): Promise<string> {
    const messages = [
      ["front", "setconfig", "{ idleTimeout=1h }"],
      ["front", "shutdown", null],
      ["hub", "shutdown", null],
      ["chain", "drain", "{ timeout=1s }"],
      ["chain", "undrain", null],
      ["sink", "rmhook", '{ hook="hole0" }'],
      ["sink", "clrstats", '"hole0"'],
      ["db", "shutdown", null],
      ["db", "settargets", `[ ${BACK} ]`],
    ] as const;
    const [node, command, argument] = messages[this.#random(messages.length)] ?? messages[0];
    // A node that drains or is gone answers late, or refuses: it is the counters that matter.
    void this.world.msg(node, command, argument).catch(ignored);
    await this.world.memory.idle();
    return `${command} of ${node}`;
  }
}

/** The nodes of templates have no ID. */
function exists({ id, name }: NodeStatus): boolean {
  return id !== null || name.includes("/");
}

function ignored(error: unknown): null {
  if (error instanceof NetgraphError) return null;
  throw error;
}

/** What a client that is gone already does, does nothing. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    ignored(error);
  }
}

function* countersOf(node: NodeStatus): Iterable<readonly [string, number]> {
  const carried = carriedBy(node);
  for (const way of ["in", "out"] as const) {
    yield [`${way} bytes`, carried[way].bytes];
    yield [`${way} items`, carried[way].items];
  }
  for (const [reason, count] of Object.entries(carried.dropped)) yield [`dropped ${reason}`, count];
  for (const [reason, count] of Object.entries(node.reasons)) yield [`closed ${reason}`, count];
  if (node.connections !== null) yield ["total", node.connections.total];
}

for (let seed = 0; seed < SEEDS; seed++) {
  test(`counters never fall, results are disjoint, and both ends of a relay agree: seed ${seed}`, async () => {
    const watched = new Watched(chance(seed));
    await watched.world.apply(topology(chance(seed)));
    const done: string[] = [];
    for (let count = 0; count < ACTS; count++) {
      done.push(await watched.act());
      await watched.check(done.join(", "));
    }
    await watched.end();
  });
}
