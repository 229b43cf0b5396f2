/**
 * The engine in memory: what its face promises, with a network and a clock of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ControlEvent } from "../../src/api/operations/events.ts";
import type { ApplyEvent } from "../../src/api/apply_event.ts";
import type { ApplyRequest } from "../../src/api/operations/apply.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";

const LISTENER = `
name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:80", listen: 5, accept: { peer: back }]
  back: { type: echo }
`;
const UPSTREAM = `
name: up
nodes:
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/10.0.0.1:9"] }
`;

class Bench implements AsyncDisposable {
  readonly network = new MemoryNetwork();
  readonly engine = new Engine({
    sockets: this.network.openSockets(),
    clock: this.network.clock,
    pid: 7,
    random: () => 0.5,
  });
  readonly events: ApplyEvent[] = [];

  apply(text: string, options: Partial<ApplyRequest> = {}) {
    const request = { topologies: desired(text), replace: [], rollback: true, waitMs: 0, ...options };
    return this.engine.apply(request, (event) => this.events.push(event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}

function desired(text: string): ApplyRequest["topologies"] {
  const { topologies, diagnostics } = loadTopology({
    source: { name: "test.yaml", text },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
  return topologies.map(({ state }) => ({ state, source: { kind: "file", location: "/test.yaml", revision: null } }));
}

test("Engine.apply() emits plan, steps and outcome in order", async () => {
  await using bench = new Bench();
  const [outcome] = await bench.apply(LISTENER);
  assert.equal(outcome?.result, "applied");
  assert.equal(outcome?.ready, true);
  assert.equal(outcome?.generation, 1);
  const kinds = bench.events.map(({ kind }) => kind);
  assert.equal(kinds[0], "plan");
  assert.equal(kinds.at(-1), "outcome");
  assert.ok(bench.events.some((event) => event.kind === "step" && event.state === "done"));
});

test("Engine.apply() of the same again changes nothing", async () => {
  await using bench = new Bench();
  await bench.apply(LISTENER);
  const [outcome] = await bench.apply(LISTENER);
  assert.equal(outcome?.result, "unchanged");
  assert.equal(outcome?.generation, 1);
});

test("Engine.apply() rolls back, and reports which message failed", async () => {
  await using bench = new Bench();
  bench.network.fail("bind inet/127.0.0.1:80", "EACCES");
  bench.network.fail("listen inet/127.0.0.1:80", "EACCES");
  const [outcome] = await bench.apply(LISTENER);
  assert.equal(outcome?.result, "rolled-back");
  assert.equal(outcome?.code, "EACCES");
  assert.equal(outcome?.at?.node, "front");
  assert.equal(outcome?.generation, 0);
  assert.deepEqual((await bench.engine.status()).topologies, []);
});

test("Engine.apply() is not Ready while an upstream refuses; Engine.wait() returns once it recovers", async () => {
  await using bench = new Bench();
  const [outcome] = await bench.apply(UPSTREAM);
  assert.equal(outcome?.result, "applied");
  assert.equal(outcome?.ready, false);
  assert.equal((await bench.engine.wait({ names: ["up"], timeoutMs: 0 })).ready, false);
  await bench.apply(LISTENER.replace("127.0.0.1:80", "10.0.0.1:9"));
  const waiting = bench.engine.wait({ names: [], timeoutMs: 60_000 });
  await bench.network.advance(10_000);
  assert.deepEqual(await waiting, { ready: true, waiting: [] });
});

test("Engine.apply() reports that a topology was taken down while it waits for Ready", async () => {
  await using bench = new Bench();
  let stopped: Promise<unknown> = Promise.resolve();
  const request = { topologies: desired(UPSTREAM), replace: [], rollback: true, waitMs: 60_000 };
  const [outcome] = await bench.engine.apply(request, ({ kind }) => {
    if (kind === "plan") stopped = bench.engine.down({ names: [] });
  });
  assert.deepEqual([outcome?.result, outcome?.ready, outcome?.message], ["applied", false, "It was stopped by down"]);
  await stopped;
});

test("Engine.down() stops all of the names or none, and what two stop at once", async () => {
  await using bench = new Bench();
  await bench.apply(LISTENER);
  await bench.apply(UPSTREAM);
  await assert.rejects(
    bench.engine.down({ names: ["up", "upp"] }),
    /"upp" is not running: .*"up".*; nothing was stopped$/,
  );
  const both = await Promise.all([bench.engine.down({ names: [] }), bench.engine.down({ names: [] })]);
  assert.equal(both.length, 2);
  assert.deepEqual((await bench.engine.status()).topologies, []);
});

test("Engine.wait() gives up when the time is over", async () => {
  await using bench = new Bench();
  await bench.apply(UPSTREAM);
  const waiting = bench.engine.wait({ names: ["up"], timeoutMs: 5_000 });
  await bench.network.advance(5_000);
  const { ready, waiting: said } = await waiting;
  assert.equal(ready, false);
  assert.match(said[0] ?? "", /^up: .*"out"/);
});

test("Engine.wait() ends when a topology goes, and when the engine does", async () => {
  await using bench = new Bench();
  await bench.apply(UPSTREAM);
  const first = bench.engine.wait({ names: [], timeoutMs: 60_000 });
  await bench.engine.down({ names: ["up"] });
  assert.deepEqual(await first, { ready: false, waiting: ["up: It was stopped by down"] });
  await bench.apply(UPSTREAM);
  const second = bench.engine.wait({ names: ["up"], timeoutMs: 60_000 });
  await bench.engine[Symbol.asyncDispose]();
  assert.deepEqual(await second, { ready: false, waiting: ["up: The engine ends"] });
});

test("Engine.plan() changes nothing", async () => {
  await using bench = new Bench();
  const [result] = await bench.engine.plan({ topologies: desired(LISTENER), replace: [] });
  assert.ok((result?.plan.steps.length ?? 0) > 0);
  assert.deepEqual((await bench.engine.status()).topologies, []);
});

test("Engine.plan() replaces by name or path, and rejects an unknown name", async () => {
  await using bench = new Bench();
  await bench.apply(LISTENER);
  for (const name of ["front", "web/front"]) {
    const [result] = await bench.engine.plan({ topologies: desired(LISTENER), replace: [name] });
    assert.ok(result?.plan.steps.some(({ cost }) => cost === "replace"), name);
  }
  await assert.rejects(bench.engine.plan({ topologies: desired(LISTENER), replace: ["frond"] }), {
    code: "ENOENT",
    message: /did you mean "front"/,
  });
});

test("Engine.export() prints what plans nothing", async () => {
  await using bench = new Bench();
  await bench.apply(LISTENER);
  await bench.apply(UPSTREAM);
  const plans = await bench.engine.plan({ topologies: desired(await bench.engine.export(null)), replace: [] });
  assert.deepEqual(plans.map(({ plan }) => [plan.topology, plan.steps.length]), [["web", 0], ["up", 0]]);
  await assert.rejects(bench.engine.export("wep"), { code: "ENOENT", message: /did you mean "web"/ });
});

test("Engine.down() stops what is named, or everything, or nothing when a name is wrong", async () => {
  await using bench = new Bench();
  await bench.apply(LISTENER);
  await bench.apply(UPSTREAM);
  await assert.rejects(bench.engine.down({ names: ["web", "nope"] }), { code: "ENOENT" });
  assert.equal((await bench.engine.status()).topologies.length, 2);
  assert.deepEqual(await bench.engine.down({ names: ["web"] }), { stopped: ["web"], closed: { web: 0 } });
  assert.deepEqual(await bench.engine.down({ names: [] }), { stopped: ["up"], closed: { up: 0 } });
});

test("Engine.msg() sends by path and answers in ASCII", async () => {
  await using bench = new Bench();
  await bench.apply(LISTENER);
  const reply = await bench.engine.msg({ path: "web/front:", command: "getname", argument: null });
  assert.equal(reply.text, "inet/127.0.0.1:80");
  await assert.rejects(bench.engine.msg({ path: "web/nope:", command: "getname", argument: null }), { code: "ENOENT" });
});

test("Engine gives every socket back when it is disposed of, twice too", async () => {
  const bench = new Bench();
  await bench.apply(LISTENER);
  await Promise.all([bench[Symbol.asyncDispose](), bench[Symbol.asyncDispose]()]);
  await using next = new Engine({ sockets: bench.network.openSockets(), clock: bench.network.clock, pid: 8 });
  const request = { topologies: desired(LISTENER), replace: [], rollback: true, waitMs: 0 };
  assert.equal((await next.apply(request, () => {}))[0]?.result, "applied");
});

test("Engine.events() reports what runs, what fails, what is repaired, and manual changes", async () => {
  await using bench = new Bench();
  await bench.apply(UPSTREAM);
  const news = bench.engine.events();
  const first = await news.next();
  assert.ok(first.value?.kind === "snapshot" && first.value.status.topologies.length === 1);
  const reported = readUntil(news, (line) => line === "drift nodes.front.messages.setconfig");
  await bench.apply(LISTENER.replace("127.0.0.1:80", "10.0.0.1:9"));
  await bench.network.advance(10_000);
  await bench.engine.msg({ path: "web/front:", command: "setconfig", argument: "{ idleTimeout=7s }" });
  await bench.network.advance(1_000);
  const lines = await reported;
  for (const line of ["applied applied", "recovered up/out", "health up Healthy"]) {
    assert.ok(lines.includes(line), line);
  }
  const gone = readUntil(news, (line) => line === "health web null");
  await bench.engine.down({ names: ["web"] });
  await bench.network.advance(1_000);
  await gone;
});

test("Engine names what a manual message has done, in its status and in the plan that reverts it", async () => {
  await using bench = new Bench();
  const pool = "name: web\nnodes: { p: { type: pool, messages: [settargets: [inet/10.0.0.1:9, inet/10.0.0.2:9]] } }\n";
  await bench.apply(pool);
  for (const [command, done] of [["disabletarget", "disabled"], ["draintarget", "drained"]] as const) {
    await bench.engine.msg({ path: "web/p:", command, argument: '"inet/10.0.0.1:9"' });
    const [status] = (await bench.engine.status()).topologies;
    assert.equal(status?.drift, `nodes.p.messages.${command}`);
    assert.equal(status?.driftEffect, `target "inet/10.0.0.1:9" was ${done}`);
    const [planned] = await bench.engine.plan({ topologies: desired(pool), replace: [] });
    assert.deepEqual(planned?.plan.steps.map(({ text, cause }) => [text, cause]), [
      ['msg enabletarget "inet/10.0.0.1:9"', `target "inet/10.0.0.1:9" was ${done}`],
    ]);
  }
  await bench.engine.msg({ path: "web/p:", command: "setconfig", argument: "{ balance=first }" });
  const [differing] = (await bench.engine.status()).topologies;
  assert.equal(differing?.driftOthers, 1);
  await bench.engine.msg({ path: "web/p:", command: "setconfig", argument: "{ balance=roundrobin }" });
  await bench.engine.msg({ path: "web/p:", command: "enabletarget", argument: '"inet/10.0.0.1:9"' });
  const [status] = (await bench.engine.status()).topologies;
  assert.deepEqual([status?.drift, status?.driftEffect], [null, undefined]);
});

test("Engine.events() sends a heartbeat when there are no other events", async () => {
  await using bench = new Bench();
  const news = bench.engine.events();
  await news.next();
  for (const _ of [1, 2]) {
    const beat = news.next();
    await bench.network.advance(5_000);
    assert.equal((await beat).value?.kind, "heartbeat");
  }
  await news.return(undefined);
});

test("Engine.events() ends with its signal, and with the engine", async () => {
  await using bench = new Bench();
  const abort = new AbortController();
  const followed = [bench.engine.events({ signal: abort.signal }), bench.engine.events()];
  for (const news of followed) await news.next();
  const [aborted, ended] = followed.map((news) => readUntil(news, () => false));
  abort.abort();
  assert.deepEqual(await aborted, []);
  await bench.engine[Symbol.asyncDispose]();
  assert.deepEqual(await ended, []);
});

async function readUntil(news: AsyncGenerator<ControlEvent>, last: (line: string) => boolean): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const { done, value } = await news.next();
    if (done === true) return lines;
    const line = summaryOf(value);
    lines.push(line);
    if (last(line)) return lines;
  }
}

function summaryOf(news: ControlEvent): string {
  switch (news.kind) {
    case "applied":
      return `applied ${news.result}`;
    case "recovered":
      return `recovered ${news.topology}/${news.node}`;
    case "health":
      return `health ${news.topology} ${news.health}`;
    case "drift":
      return `drift ${news.drift}`;
    default:
      return news.kind;
  }
}
