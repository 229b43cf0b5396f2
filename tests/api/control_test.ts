/**
 * The control API in memory: the client talks to the handler without a socket between them.
 *
 * @module
 */

import { engineServices } from "../../src/engine/services/services.ts";
import { TOPOLOGY } from "../../src/api/operations/topology.ts";
import { STATUS as STATUS_OPERATIONS } from "../../src/api/operations/status.ts";
import { NODES } from "../../src/api/operations/nodes.ts";
import assert from "node:assert/strict";
import { ControlClient, ControlError, VersionMismatch } from "../../src/api/client.ts";
import { controlHandler, type Handler } from "../../src/api/server.ts";
import type { ApplyEvent } from "../../src/api/apply_event.ts";
import { APPLY as APPLYING, type ApplyRequest } from "../../src/api/operations/apply.ts";
import { VERSION_HEADER } from "../../src/api/operation.ts";
import { NetgraphError } from "../../src/errors.ts";
import { test } from "../harness.ts";
import { makeGraph } from "../support/graph.ts";
import { FakeEngine, GENERATION, outcomeOf, STATUS } from "./fake_engine.ts";

const VERSION = "1.2.3";

function start(): { engine: FakeEngine; handler: Handler; bugs: unknown[]; client: ControlClient } {
  const engine = new FakeEngine();
  const bugs: unknown[] = [];
  const { port } = makeGraph();
  const handler = controlHandler({
    services: engineServices(engine, { port }),
    version: VERSION,
    onBug: (error) => bugs.push(error),
  });
  return { engine, handler, bugs, client: clientOf(handler, VERSION) };
}

function clientOf(handler: Handler, version: string): ControlClient {
  return new ControlClient(({ target, ...init }) => handler(new Request(`http://control${target}`, init)), { version });
}

const request = (method: string, target: string, body?: string) =>
  new Request(`http://control${target}`, { method, ...(body === undefined ? {} : { body }) });

const APPLY: ApplyRequest = {
  topologies: [{
    state: {
      name: "web",
      description: null,
      nodes: [{
        name: "front",
        type: "ksocket",
        hook: "inet/stream/tcp",
        restart: "always",
        messages: [{ command: "bind", argument: "inet/127.0.0.1:0" }, { command: "getname", argument: null }],
      }],
      links: [{ ends: [{ node: "a", hook: null }, { node: "front", hook: "inet/stream/tcp" }] }],
      templates: [{
        name: "session",
        parameters: [{ name: "to", value: null }],
        entry: { node: "up", hook: null },
        nodes: [],
        links: [],
      }],
    },
    source: { kind: "file", location: "/web.yaml", revision: "sha256:0" },
  }],
  replace: ["web/front"],
  rollback: true,
  waitMs: 5,
};

test("ControlClient.apply() carries a whole topology and streams what happens", async () => {
  const { engine, client } = start();
  const events: ApplyEvent[] = [];
  const outcomes = await client.change(APPLYING.apply, APPLY, { emit: (event) => events.push(event) });
  assert.deepEqual(engine.asked, [["apply", APPLY]]);
  assert.deepEqual(outcomes, [outcomeOf("web")]);
  assert.deepEqual(events, [{ kind: "outcome", outcome: outcomeOf("web") }]);
});

test("ControlClient carries every other request and its answer", async () => {
  const { engine, client } = start();
  assert.deepEqual(await client.status(), STATUS);
  assert.deepEqual(await client.ask(APPLYING.plan, { topologies: APPLY.topologies, replace: [] }), { plans: [] });
  assert.deepEqual(await client.ask(TOPOLOGY.down, { names: ["web"] }), { stopped: ["web"], closed: { web: 2 } });
  const message = { path: "web/front:", command: "getname", argument: null };
  assert.equal((await client.ask(NODES.msg, message)).text, "inet/127.0.0.1:80");
  assert.equal(await client.text(NODES.export, { name: "we b" }), "name: web\n");
  assert.deepEqual(await client.ask(STATUS_OPERATIONS.wait, { names: ["a", "b"], timeoutMs: 9 }), {
    ready: true,
    waiting: [],
  });
  assert.deepEqual(engine.asked, [
    ["status", null],
    ["plan", { topologies: APPLY.topologies, replace: [] }],
    ["down", { names: ["web"], drainMs: 0 }],
    ["msg", message],
    ["export", "we b"],
    ["wait", { names: ["a", "b"], timeoutMs: 9 }],
  ]);
});

test("ControlClient carries what operates a topology, and its answers", async () => {
  const { engine, client } = start();
  const events: ApplyEvent[] = [];
  const back = { name: "web", generation: 3, waitMs: 5 };
  assert.deepEqual(await client.ask(TOPOLOGY.history, { name: "web" }), { generations: [GENERATION] });
  assert.deepEqual(await client.changeOne(TOPOLOGY.rollback, back, (event) => events.push(event)), outcomeOf("web"));
  await client.changeOne(TOPOLOGY.rollback, { ...back, generation: null }, () => {});
  assert.deepEqual(
    await client.changeOne(TOPOLOGY.reconcile, { name: "web", waitMs: 5 }, (event) => events.push(event)),
    outcomeOf("web"),
  );
  assert.deepEqual(await client.ask(TOPOLOGY.adopt, { name: "web" }), {
    topology: "web",
    generation: 2,
    drift: "nodes.front",
  });
  assert.deepEqual(await client.ask(TOPOLOGY.confirm, { names: ["web"] }), {
    confirmed: [{ topology: "web", generation: 2 }],
  });
  await client.ask(TOPOLOGY.suspend, { name: "web" });
  await client.ask(TOPOLOGY.resume, { name: "web" });
  const drain = { targets: ["web"], generation: null, timeoutMs: 5 };
  assert.deepEqual(await client.ask(TOPOLOGY.drain, drain), { drained: [{ target: "web", ended: 2, closed: 1 }] });
  assert.deepEqual(events.map(({ kind }) => kind), ["outcome", "outcome"]);
  assert.deepEqual(engine.asked, [
    ["history", "web"],
    ["rollback", back],
    ["rollback", { ...back, generation: null }],
    ["reconcile", { name: "web", waitMs: 5 }],
    ["adopt", "web"],
    ["confirm", ["web"]],
    ["suspend", "web"],
    ["resume", "web"],
    ["drain", drain],
  ]);
});

test("ControlClient.events() yields until the engine ends", async () => {
  const { engine, client } = start();
  const kinds: string[] = [];
  for await (const news of client.events()) kinds.push(news.kind);
  assert.deepEqual(kinds, ["snapshot", "dropped"]);
  assert.deepEqual(engine.asked, [["events", null], ["events ended", false]]);
});

for (const reads of [1, 2]) {
  test(`controlHandler() ends the events of a reader that goes away after ${reads} of them`, async () => {
    const { engine, handler } = start();
    engine.endless = true;
    const reader = (await handler(request("GET", "/v1/events"))).body?.getReader();
    for (let count = 0; count < reads; count++) assert.equal((await reader?.read())?.done, false);
    await reader?.cancel();
    assert.deepEqual(engine.asked.at(-1), ["events ended", true]);
  });
}

test("ControlClient throws what the graph threw", async () => {
  const { client, engine } = start();
  await assert.rejects(client.text(NODES.export, { name: "none" }), { name: "NetgraphError", code: "ENOENT" });
  engine.fault = new NetgraphError("EADDRINUSE", "In use");
  await assert.rejects(client.ask(NODES.msg, { path: "a:", command: "bind", argument: "x" }), { code: "EADDRINUSE" });
  await assert.rejects(client.change(APPLYING.apply, APPLY, { emit: () => {} }), { code: "EADDRINUSE" });
});

test("ControlClient and handler of different versions do not talk", async () => {
  const { handler, engine } = start();
  await assert.rejects(clientOf(handler, "1.2.4").ask(TOPOLOGY.down, { names: [] }), VersionMismatch);
  assert.deepEqual(engine.asked, []);
});

test("ControlClient recognizes a program that is not an engine", async () => {
  const stranger = new ControlClient(() => Promise.resolve(new Response("hello")), { version: VERSION });
  await assert.rejects(stranger.status(), (error) => error instanceof ControlError && error.code === "no-engine");
});

test("ControlClient.apply() rejects when the stream ends early", async () => {
  const headers = { [VERSION_HEADER]: VERSION };
  for (const body of ["", `{"kind":"plan"`]) {
    const client = new ControlClient(() => Promise.resolve(new Response(body, { headers })), { version: VERSION });
    await assert.rejects(client.change(APPLYING.apply, APPLY, { emit: () => {}, expected: ["web"] }), ControlError);
  }
});

test("controlHandler() answers curl, which sends no version", async () => {
  const { handler } = start();
  const response = await handler(request("GET", "/v1/status"));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get(VERSION_HEADER), VERSION);
  assert.deepEqual(await response.json(), STATUS);
  assert.deepEqual(await (await handler(request("GET", "/v1/version"))).json(), STATUS.engine);
});

test("controlHandler() answers the part of what runs that is asked for", async () => {
  const { handler, engine } = start();
  assert.equal((await handler(request("GET", "/v1/status?name=web"))).status, 200);
  const nodes = await handler(request("GET", "/v1/nodes?name=web&node=front"));
  const lines = (await nodes.text()).trim().split("\n").map((line) => JSON.parse(line).id);
  assert.deepEqual(lines, ["2"]);
  assert.equal((await handler(request("GET", "/v1/nodes?name=wep"))).status, 422);
  assert.equal((await handler(request("GET", "/v1/status?node=frunt"))).status, 422);
  assert.deepEqual(engine.asked.filter(([what]) => what === "nodes"), [["nodes", "web"]]);
});

test("ControlClient.nodes() yields connections and copies", async () => {
  const { client } = start();
  const ids: string[] = [];
  for await (const { id } of client.lines(STATUS_OPERATIONS.liveNodes, { names: [], node: null })) ids.push(id);
  assert.deepEqual(ids, ["2", "3"]);
  assert.equal((await client.status({ names: ["web"], node: null })).topologies.length, 1);
});

test("controlHandler() reports liveness and readiness separately", async () => {
  const { handler, engine } = start();
  engine.ready = false;
  const answers = await Promise.all(["/livez", "/readyz"].map((target) => handler(request("GET", target))));
  assert.deepEqual(answers.map((answer) => answer.status), [200, 503]);
  assert.match(await answers[1]?.text() ?? "", /web is Degraded/);
  engine.ready = true;
  assert.equal((await handler(request("GET", "/readyz"))).status, 200);
});

const REFUSED:
  readonly (readonly [method: string, target: string, body: string | undefined, status: number, said: RegExp])[] = [
    ["GET", "/v2/status", undefined, 404, /v2/],
    ["GET", "/toString", undefined, 404, /toString/],
    ["POST", "/v1/status", "{}", 405, /accepts GET/],
    ["POST", "/v1/msg", "{", 400, /not JSON/],
    ["POST", "/v1/msg", "[]", 400, /"body" must be an object, not a list/],
    ["POST", "/v1/msg", `{"path":"a:"}`, 400, /"command" must be a text, not nothing/],
    ["POST", "/v1/msg", `{"path":"a:","command":1}`, 400, /"command"/],
    ["POST", "/v1/msg", `{"path":"a:","command":"x","arg":"y"}`, 400, /Unknown field "arg"/],
    ["POST", "/v1/down", `{"names":["a",3]}`, 400, /"names\[1\]"/],
    [
      "POST",
      "/v1/plan",
      `{"topologies":[{"state":{"name":"x","nodes":[{}]}}]}`,
      400,
      /topologies\[0\].state.nodes\[0\].name/,
    ],
    ["POST", "/v1/apply", `{"waitMs":-1}`, 400, /"waitMs" must be a whole number/],
    ["POST", "/v1/apply", `{"topologies":{}}`, 400, /"topologies" must be a list/],
    ["GET", "/v1/history", undefined, 400, /"name" is missing/],
    ["POST", "/v1/rollback", `{"name":"web","generation":"3"}`, 400, /"generation" must be a whole number/],
    ["POST", "/v1/reconcile", "{}", 400, /"name" must be a text/],
    ["POST", "/v1/suspend", `{"names":["web"]}`, 400, /Unknown field "names"/],
    ["GET", "/v1/wait?timeoutMs=soon", undefined, 400, /timeoutMs/],
  ];

for (const [method, target, body, status, said] of REFUSED) {
  test(`controlHandler() refuses ${method} ${target} ${body ?? ""}`, async () => {
    const { handler, engine } = start();
    const response = await handler(request(method, target, body));
    assert.equal(response.status, status);
    const { error }: { error: { code: string; message: string } } = await response.json();
    assert.match(error.message, said);
    assert.deepEqual(engine.asked, []);
  });
}

test("controlHandler() reports what is our own fault", async () => {
  const { handler, engine, bugs } = start();
  engine.fault = new TypeError("oops");
  assert.equal((await handler(request("GET", "/v1/status"))).status, 500);
  assert.deepEqual(bugs, [engine.fault]);
});
