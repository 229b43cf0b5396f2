/**
 * `apply --http`: metrics and liveness over TCP.
 *
 * @module
 */

import assert from "node:assert/strict";
import { request } from "node:http";
import { monitoringHandler } from "../../src/api/monitoring.ts";
import { CommandFailure } from "../../src/cli/command.ts";
import { httpPlace } from "../../src/cli/http_place.ts";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { TestFolder } from "./program.ts";

const own = realRuntimes.find(({ name }) => name !== "posix");
const TOPOLOGY = "name: web\nnodes: { a: { type: hole } }\n";

/** What is answered to a request with these headers. */
function ask(base: string, path: string, { method = "GET", host = "" } = {}): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = host === "" ? {} : { host };
    const asked = request(`${base}${path}`, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => text += piece);
      response.on("end", () => resolve({ code: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("apply --http serves metrics and liveness, and without a token nothing else", {
  skip: own?.skip ?? null,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("web.yaml", TOPOLOGY);
  const engine = place.start("apply", "--http", "127.0.0.1:0", "web.yaml");
  const [, base = ""] = await engine.says(/Metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics/);
  await engine.says(/Press Ctrl-C/);
  assert.match((await ask(base, "/metrics")).text, /^sockgraph_node_up\{topology="web",node="a",type="hole"\} 1$/m);
  assert.deepEqual(await ask(base, "/livez"), { code: 200, text: "ok\n" });
  assert.equal((await ask(base, "/readyz")).code, 200);
  assert.deepEqual(await ask(base, "/livez", { method: "HEAD" }), { code: 200, text: "" });
  assert.equal((await ask(base, "/metrics", { method: "POST" })).code, 405);
  assert.equal((await ask(base, "/metrics", { host: "evil.example" })).code, 421);
  for (const path of ["/", "/v1/status", "/v1/connections/events", "/v1/openapi.json", "//metrics", "/metrics/x"]) {
    assert.equal((await ask(base, path)).code, 401, path);
  }
  assert.equal((await ask(base, "/", { host: "evil.example" })).code, 421);
  const opened = await place.call("open");
  assert.equal(opened.stdout.slice(0, base.length + 12), `${base}/open?token=`, opened.stderr);
  assert.equal((await ask(base, opened.stdout.trim().slice(base.length))).code, 200);
  const other = await place.run("apply", "--http", "127.0.0.1:1", "web.yaml");
  assert.deepEqual([other.code, /--http applies only when an engine starts/.test(other.stderr)], [64, true]);
  await using second = await TestFolder.open();
  await second.write("web.yaml", TOPOLOGY);
  const taken = await second.run("apply", "--http", base.replace("http://", ""), "web.yaml");
  assert.equal(taken.code, 1, taken.stderr);
  assert.match(taken.stderr, /Cannot serve HTTP at 127\.0\.0\.1:\d+: .*in use/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("--http takes a host and a port, on loopback unless others are allowed", () => {
  const remote = { allowRemote: true };
  assert.deepEqual(httpPlace("[::1]:9107", { allowRemote: false }), { hostname: "::1", port: 9107 });
  assert.deepEqual(httpPlace("localhost:0", { allowRemote: false }), { hostname: "localhost", port: 0 });
  assert.deepEqual(httpPlace("0.0.0.0:80", remote), { hostname: "0.0.0.0", port: 80 });
  for (const text of ["9107", ":9107", "::1:9107", "host:", "host:99999", "a/b:1", "http://127.0.0.1:1", "[x]:1"]) {
    assert.throws(() => httpPlace(text, remote), CommandFailure, text);
  }
  for (const text of ["0.0.0.0:1", "[::]:1", "example.org:1", "127.0.0.1.example:1", "10.0.0.1:1"]) {
    assert.throws(() => httpPlace(text, { allowRemote: false }), /--http-allow-remote/, text);
  }
});

test("With --http-allow-remote any name of the host is served", async () => {
  const page = () => Promise.resolve(new Response(null, { status: 401 }));
  const handle = monitoringHandler(() => Promise.resolve(new Response("ok\n")), { host: null, page });
  assert.equal((await handle(new Request("http://relay.example:9107/livez"))).status, 200);
  const strict = monitoringHandler(() => Promise.resolve(new Response("ok\n")), { host: "127.0.0.1", page });
  for (const [host, status] of [["localhost", 200], ["127.0.0.1", 200], ["[::1]", 200], ["relay.example", 421]]) {
    assert.equal((await strict(new Request(`http://${host}:9107/livez`))).status, status, `${host}`);
  }
});
