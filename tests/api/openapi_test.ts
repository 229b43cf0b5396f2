/**
 * The description of the control API against the handler, and against what an engine in memory really answers.
 *
 * @module
 */

import { engineServices } from "../../src/engine/services/services.ts";
import { TOPOLOGY } from "../../src/api/operations/topology.ts";
import { STATUS } from "../../src/api/operations/status.ts";
import { NODES } from "../../src/api/operations/nodes.ts";
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { ControlClient } from "../../src/api/client.ts";
import { controlHandler, type Handler } from "../../src/api/server.ts";
import { APPLY, type ApplyRequest } from "../../src/api/operations/apply.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { code } from "../support/network.ts";
import { test } from "../harness.ts";
import { conforms } from "../topology/json_schema.ts";

const VERSION = "1.2.3";
const OPERATIONS = new URL("../../src/api/operations/", import.meta.url);
const PORT = { openSession: () => Promise.reject(new RangeError("No session is opened here")) };
const API: unknown = await description();
const SESSIONS = /^POST \/v1\/session(\/\{id\}\/(msg|write|nodes|types|close))?$/;

/** What an engine serves at `/v1/openapi.json`. */
async function description(): Promise<unknown> {
  const network = new MemoryNetwork();
  await using engine = new Engine({ sockets: network.openSockets(), clock: network.clock, pid: 7 });
  return await (await handlerOf(engine)(new Request("http://control/v1/openapi.json"))).json();
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, step) => Object(inner)[step], value);
}

function keysOf(value: unknown): readonly string[] {
  return Object.keys(Object(value));
}

const described = keysOf(at(API, "paths")).flatMap((path) =>
  keysOf(at(API, "paths", path)).map((method) => `${method.toUpperCase()} ${path}`)
);

/** True for a value that the schema of that name describes. */
function isA(name: string, value: unknown): boolean {
  const schemas: unknown = JSON.parse(
    JSON.stringify(at(API, "components", "schemas")).replaceAll("#/components/schemas/", "#/$defs/"),
  );
  assert.ok(keysOf(schemas).includes(name), name);
  return conforms({ $ref: `#/$defs/${name}`, $defs: schemas }, value);
}

/** The schema's name for what a route takes or answers; null for text. */
function schemaOf(route: string, what: "request" | "answer"): { name: string | null; media: string } {
  const [method = "", path = ""] = route.split(" ");
  const operation = at(API, "paths", path, method.toLowerCase());
  const content = what === "request"
    ? at(operation, "requestBody", "content")
    : at(operation, "responses", "200", "content");
  const [media = ""] = keysOf(content);
  const reference = at(content, media, "schema", "$ref");
  return { name: typeof reference === "string" ? reference.replace(/.*\//, "") : null, media };
}

test("an engine serves and describes every operation of src/api/operations, and no other", async () => {
  const routes: string[] = ["GET /v1/openapi.json"];
  for (const file of readdirSync(OPERATIONS)) {
    for (const group of Object.values(await import(new URL(file, OPERATIONS).href))) {
      for (const row of typeof group === "object" && group !== null ? Object.values(group) : []) {
        if (at(row, "path") !== undefined) routes.push(`${at(row, "method")} ${at(row, "path")}`);
      }
    }
  }
  assert.equal(routes.filter((route) => SESSIONS.test(route)).length, 6);
  assert.deepEqual([...described].sort(), routes.sort());
});

test("no two operations have the same name", () => {
  const names = described.map((route) => {
    const [method = "", path = ""] = route.split(" ");
    return String(at(API, "paths", path, method.toLowerCase(), "operationId"));
  });
  assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
});

/** Answers that have no end. */
const STREAMS = ["GET /v1/connections/events", "GET /v1/events", "GET /v1/tap"];

/** What can be asked without a parameter, and answers at once. */
const PLAIN_QUESTIONS = described.filter((route) => {
  const [method = "", path = ""] = route.split(" ");
  if (method !== "GET" || STREAMS.includes(route)) return false;
  if (["/livez", "/readyz", "/v1/openapi.json"].includes(path)) return false;
  const parameters = at(API, "paths", path, "get", "parameters");
  return Array.isArray(parameters) && parameters.every((one) => at(one, "required") !== true);
});

test("the description refers only to schemas that it has", () => {
  const schemas = keysOf(at(API, "components", "schemas"));
  for (const [, name = ""] of JSON.stringify(API).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    assert.ok(schemas.includes(name), name);
  }
});

const YAML = `
name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:80", listen: 5, accept: { template: session }, getname]
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:80"] }
  up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.9:9"] }
templates:
  session: { nodes: { back: { type: echo } } }
`;

function wanted(): ApplyRequest {
  const { topologies } = loadTopology({
    source: { name: "web.yaml", text: YAML },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  const source = { kind: "library", location: "", revision: null };
  return { topologies: topologies.map(({ state }) => ({ state, source })), replace: [], rollback: true, waitMs: 0 };
}

function handlerOf(engine: Engine): Handler {
  return controlHandler({
    services: engineServices(engine, { port: PORT }),
    version: VERSION,
    onBug: (error) => assert.fail(String(error)),
  });
}

/** An engine whose every exchange is held against the description. */
async function withChecked(
  body: (
    context: { engine: Engine; client: ControlClient; network: MemoryNetwork; asked: Set<string> },
  ) => Promise<void>,
): Promise<void> {
  const network = new MemoryNetwork();
  await using engine = new Engine({ sockets: network.openSockets(), clock: network.clock, pid: 7 });
  const handler = handlerOf(engine);
  const asked = new Set<string>();
  const client = new ControlClient(async ({ method, target, body, headers }) => {
    const route = `${method} ${target.replace(/\?.*/, "")}`;
    asked.add(route);
    if (body !== undefined) assertIs(schemaOf(route, "request").name, JSON.parse(body), `${route} takes ${body}`);
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    return await checked(route, await handler(new Request(`http://control${target}`, init)));
  }, { version: VERSION });
  await body({ engine, client, network, asked });
}

function assertIs(name: string | null, value: unknown, what: string): void {
  assert.ok(name === null || isA(name, value), what);
}

/** The same response, once its body is known to be as described; a stream of news without end is not read here. */
async function checked(route: string, response: Response): Promise<Response> {
  if (STREAMS.includes(route) || !response.ok) return response;
  const { name, media } = schemaOf(route, "answer");
  assert.equal(response.headers.get("content-type")?.toLowerCase(), media, route);
  const text = await response.text();
  const values = media === "application/json"
    ? [text]
    : media === "application/x-ndjson"
    ? text.trim().split("\n")
    : [];
  for (const value of values) if (value !== "") assertIs(name, JSON.parse(value), `${route} answers ${value}`);
  return new Response(text, response);
}

test("the description describes what an engine answers", () =>
  withChecked(async ({ engine, client, network, asked }) => {
    const ignore = () => {};
    const news = engine.events();
    assertIs("Events", (await news.next()).value, "snapshot");
    const ended = engine.connectionEvents();
    const firstEnded = ended.next();
    const { topologies, replace } = wanted();
    await client.ask(APPLY.plan, { topologies, replace });
    await client.change(APPLY.apply, { ...wanted(), confirmMs: 60_000 }, { emit: ignore });
    await client.ask(TOPOLOGY.confirm, { names: [] });
    await network.advance(1_000);
    await client.status({ names: ["web"], node: "front" });
    const tap = { connection: null, client: null, direction: "both", newOnly: false, lengths: false } as const;
    const tapped = engine.tap({ ...tap, path: "web/front" });
    assertIs("TapLines", (await tapped.next()).value, "ready");
    await tapped.return(undefined);
    await assert.rejects(client.tap({ ...tap, path: "web/other" }).next(), code("ENOENT"));
    const live = client.lines(STATUS.liveNodes, { names: ["web"], node: null });
    assert.equal((await live.next()).done, false);
    await live.return(undefined);
    await client.ask(NODES.msg, { path: "web/front:", command: "getname", argument: null });
    await client.ask(NODES.msg, { path: "web/front:", command: "setconfig", argument: "{ idleTimeout=7s }" });
    await client.ask(TOPOLOGY.adopt, { name: "web" });
    await client.ask(TOPOLOGY.suspend, { name: "web" });
    await client.ask(TOPOLOGY.resume, { name: "web" });
    await client.ask(TOPOLOGY.history, { name: "web" });
    await client.changeOne(TOPOLOGY.reconcile, { name: "web", waitMs: 0 }, ignore);
    await client.changeOne(TOPOLOGY.rollback, { name: "web", generation: 1, waitMs: 0 }, ignore);
    await client.ask(STATUS.wait, { names: [], timeoutMs: 0 });
    await client.text(NODES.export, { name: "web" });
    await client.text(STATUS.metrics, {});
    await client.ask(TOPOLOGY.drain, { targets: ["web"], generation: null, timeoutMs: 0 });
    await network.advance(10_000);
    await client.ask(TOPOLOGY.down, { names: [] });
    await network.advance(1_000);
    const { value: connection } = await firstEnded;
    assert.equal(at(connection, "kind"), "connection");
    assertIs("ConnectionLines", connection, JSON.stringify(connection));
    await ended.return(undefined);
    const kinds = await readNews(news, 8);
    assert.ok(kinds.has("applied") && kinds.has("health") && kinds.has("retry-planned"), [...kinds].join(" "));
    const rest = described.filter((route) => {
      return !asked.has(route) && !SESSIONS.test(route) && !PLAIN_QUESTIONS.includes(route);
    }).sort();
    // These are asked below, or need a folder and a source.
    assert.deepEqual(rest, [
      "GET /livez",
      "GET /readyz",
      "GET /v1/connections/events",
      "GET /v1/events",
      "GET /v1/openapi.json",
      "POST /v1/follow",
      "POST /v1/page",
    ]);
  }));

async function readNews(news: AsyncGenerator<unknown>, count: number): Promise<ReadonlySet<unknown>> {
  const kinds = new Set<unknown>();
  for (let index = 0; index < count; index++) {
    const { value } = await news.next();
    assertIs("Events", value, JSON.stringify(value));
    kinds.add(at(value, "kind"));
  }
  await news.return(undefined);
  return kinds;
}

test("GET /v1/openapi.json serves the description, and what is asked by itself is as described", () =>
  withChecked(async ({ engine }) => {
    const handler = handlerOf(engine);
    const ask = (target: string) => handler(new Request(`http://control${target}`));
    assert.deepEqual(await (await ask("/v1/openapi.json")).json(), API);
    assert.ok(PLAIN_QUESTIONS.includes("GET /v1/version") && PLAIN_QUESTIONS.includes("GET /v1/nodes"));
    for (const route of PLAIN_QUESTIONS) {
      const response = await ask(route.replace("GET ", ""));
      assert.equal(response.status, 200, route);
      await checked(route, response);
    }
    for (const target of ["/livez", "/readyz"]) assert.equal((await ask(target)).status, 200);
    for (const target of ["/v1/history", "/v1/status?name=no", "/nowhere"]) {
      const response = await ask(target);
      assert.ok(response.status >= 400);
      assertIs("ErrorAnswer", await response.json(), target);
    }
  }));

test("the description has the fields that requests may have, and no other", () =>
  withChecked(async ({ engine }) => {
    const handler = handlerOf(engine);
    for (const route of described.filter((one) => one.startsWith("POST") && !SESSIONS.test(one))) {
      const properties = keysOf(at(API, "components", "schemas", schemaOf(route, "request").name ?? "", "properties"));
      // Wrong values, so that nothing is done: what is not known is said to be so before.
      for (const field of properties) {
        const said = await refusalOf(handler, route, { [field]: { wrong: 1 } });
        assert.ok(!said.includes(`Unknown field "${field}"`), `${route}: ${said}`);
      }
      assert.match(await refusalOf(handler, route, { surelyNot: 1 }), /Unknown field "surelyNot"/, route);
    }
  }));

async function refusalOf(handler: Handler, route: string, body: unknown): Promise<string> {
  const [method = "", path = ""] = route.split(" ");
  const response = await handler(new Request(`http://control${path}`, { method, body: JSON.stringify(body) }));
  return String(at(await response.json(), "error", "message"));
}
