/**
 * The description of the control API against the handler, and against what an engine in memory really answers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ControlClient } from "../../src/api/client.ts";
import { controlHandler, controlRoutes, type Handler } from "../../src/api/handler.ts";
import { describeApi } from "../../src/api/openapi/description.ts";
import type { ApplyRequest } from "../../src/api/protocol.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";
import { conforms } from "../topology/json_schema.ts";

const VERSION = "1.2.3";
const API: unknown = JSON.parse(JSON.stringify(describeApi(VERSION)));
const SESSIONS = /^POST \/v1\/session(\/\{id\}\/(msg|write|nodes|types|close))?$/;

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

test("describeApi() has every route of the handler, and no other", () => {
  const [sessions, others] = [true, false].map((wanted) =>
    described.filter((route) => SESSIONS.test(route) === wanted)
  );
  assert.deepEqual([...others ?? []].sort(), [...controlRoutes()].sort());
  assert.equal(sessions?.length, 6);
});

test("describeApi() refers only to schemas that it has", () => {
  const schemas = keysOf(at(API, "components", "schemas"));
  for (const [, name = ""] of JSON.stringify(API).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    assert.ok(schemas.includes(name), name);
  }
});

const TOPOLOGY = `
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
    source: { name: "web.yaml", text: TOPOLOGY },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  const source = { kind: "library", location: "", revision: null };
  return { topologies: topologies.map(({ state }) => ({ state, source })), replace: [], rollback: true, waitMs: 0 };
}

function handlerOf(engine: Engine): Handler {
  const port = { openSession: () => Promise.reject(new RangeError("Nobody asks for a session here")) };
  return controlHandler({ face: engine, version: VERSION, onBug: (error) => assert.fail(String(error)), port });
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
  if (route === "GET /v1/events" || !response.ok) return response;
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

test("describeApi() describes what an engine answers", () =>
  withChecked(async ({ engine, client, network, asked }) => {
    const nobody = () => {};
    const news = engine.events();
    assertIs("News", (await news.next()).value, "snapshot");
    const { topologies, replace } = wanted();
    await client.plan({ topologies, replace });
    await client.apply({ ...wanted(), confirmMs: 60_000 }, nobody);
    await client.confirm([]);
    await network.advance(1_000);
    await client.status({ names: ["web"], node: "front" });
    assert.ok((await client.liveNodes("web")).length > 0);
    await client.msg({ path: "web/front:", command: "getname", argument: null });
    await client.msg({ path: "web/front:", command: "setconfig", argument: "{ idleTimeout=7s }" });
    await client.adopt("web");
    await client.suspend("web");
    await client.resume("web");
    await client.history("web");
    await client.reconcile({ name: "web", waitMs: 0 }, nobody);
    await client.rollback({ name: "web", generation: 1, waitMs: 0 }, nobody);
    await client.wait({ names: [], timeoutMs: 0 });
    await client.export("web");
    await client.metrics();
    await client.drain({ targets: ["web"], generation: null, timeoutMs: 0 });
    await network.advance(10_000);
    await client.down({ names: [] });
    await network.advance(1_000);
    const kinds = await readNews(news, 8);
    assert.ok(kinds.has("applied") && kinds.has("health") && kinds.has("retry-planned"), [...kinds].join(" "));
    const rest = described.filter((route) => !asked.has(route) && !SESSIONS.test(route)).sort();
    // These are asked below, or need a folder and a source.
    assert.deepEqual(rest, [
      "GET /livez",
      "GET /readyz",
      "GET /v1/events",
      "GET /v1/openapi.json",
      "GET /v1/version",
      "POST /v1/follow",
    ]);
  }));

async function readNews(news: AsyncGenerator<unknown>, count: number): Promise<ReadonlySet<unknown>> {
  const kinds = new Set<unknown>();
  for (let index = 0; index < count; index++) {
    const { value } = await news.next();
    assertIs("News", value, JSON.stringify(value));
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
    for (const target of ["/v1/version", "/v1/status", "/v1/nodes", "/metrics"]) {
      await checked(`GET ${target}`, await ask(target));
    }
    for (const target of ["/livez", "/readyz"]) assert.equal((await ask(target)).status, 200);
    for (const target of ["/v1/history", "/v1/status?name=no", "/nowhere"]) {
      const response = await ask(target);
      assert.ok(response.status >= 400);
      assertIs("ErrorAnswer", await response.json(), target);
    }
  }));

test("describeApi() has the fields that requests may have, and no other", () =>
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
