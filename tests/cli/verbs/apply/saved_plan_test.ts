/**
 * Plans that are saved, read and applied, from end to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { planSchema, savedPlanSchema } from "../../../../src/api/plan_shape.ts";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import { test as harnessTest } from "../../../harness.ts";
import { conforms } from "../../../topology/json_schema.ts";
import { type Ended, type Program, TestFolder } from "../../program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

const web = (limit: string, more = "") => `
name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setconfig: { idleTimeout: ${limit} }
      - bind: inet/127.0.0.1:0
      - listen: 5
      - accept: { template: session, with: { to: back } }
  back: { type: echo }
${more}
templates:
  session: { parameters: { to: }, entry: tap:left, nodes: { tap: { type: tee } }, links: [[tap:right, back]] }
`;

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

/** Saves a plan of `text` to `next.json`. */
async function save(place: TestFolder, text: string): Promise<Ended> {
  await place.write("web.yaml", text);
  return await place.call("plan", "web.yaml", "--out", "next.json", "--detailed-exitcode");
}

async function startWeb(place: TestFolder): Promise<Program> {
  await save(place, web("10m"));
  const engine = place.start("apply", "next.json");
  await engine.says(/generation 1 is Ready/);
  return engine;
}

test("plan --out saves what apply makes an engine of, for the owner alone", async (place) => {
  const { code, stdout, stderr } = await save(place, web("10m"));
  assert.equal(code, 2);
  assert.match(stdout, /generation 0 → 1/);
  assert.match(stderr, /sockgraph apply next\.json/);
  const path = join(place.folder, "next.json");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const saved: unknown = JSON.parse(readFileSync(path, "utf8"));
  assert.ok(conforms(savedPlanSchema(), saved));
  await place.write("web.yaml", "nonsense");
  const engine = place.start("apply", "next.json");
  await engine.says(/generation 1 is Ready/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply carries a saved plan out in the engine that runs, once", async (place) => {
  await startWeb(place);
  assert.equal((await save(place, web("20m", "  more: { type: hub }"))).code, 2);
  const applied = await place.call("apply", "next.json");
  assert.equal(applied.code, 0);
  assert.match(applied.stderr, /generation 1 → 2/);
  const again = await place.call("apply", "next.json");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /it was made for generation 1, and generation 2 is running/);
  assert.equal((await save(place, web("20m", "  more: { type: hub }"))).code, 0);
  assert.match((await place.call("apply", "next.json")).stdout, /nothing changed, generation 2/);
});

test("apply rejects a saved plan after a manual change of the state it was made for", async (place) => {
  await startWeb(place);
  await save(place, web("20m"));
  await place.call("msg", "web/front:", "setconfig", "{ idleTimeout=7s }");
  const refused = await place.call("apply", "next.json");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /the topology has been changed since/);
  assert.match((await place.call("export")).stdout, /idleTimeout: 7s/);
  await place.call("msg", "web/front:", "setconfig", "{ idleTimeout=10m }");
  assert.equal((await place.call("apply", "next.json")).code, 0);
});

test("apply refuses a saved plan of several topologies when one of them has moved, and changes none", async (place) => {
  await startWeb(place);
  await place.write("other.yaml", "name: other\nnodes: { a: { type: hub } }\n");
  await place.write("web.yaml", web("20m"));
  await place.call("plan", "web.yaml", "other.yaml", "--out", "next.json");
  await place.call("apply", "other.yaml");
  assert.equal((await place.call("apply", "next.json")).code, 1);
  assert.match((await place.call("export", "web")).stdout, /idleTimeout: 10m/);
});

test("apply refuses a saved plan that was made against an engine where none runs", async (place) => {
  const engine = await startWeb(place);
  await save(place, web("20m"));
  engine.signal("SIGTERM");
  await engine.ended;
  const { code, stderr } = await place.call("apply", "next.json");
  assert.equal(code, 1);
  assert.match(stderr, /no engine is running/);
});

test("apply rejects a saved plan that was edited, truncated, or made by another version, and accepts a reformatted one", async (place) => {
  await save(place, web("10m"));
  const text = readFileSync(join(place.folder, "next.json"), "utf8");
  const saved = JSON.parse(text);
  const refusals: readonly (readonly [string, RegExp])[] = [
    [text.replaceAll("idleTimeout=10m", "idleTimeout=1s"), /changed after it was saved/],
    [JSON.stringify({ ...saved, replace: ["front"] }), /changed after it was saved/],
    [JSON.stringify({ ...saved, digest: undefined }), /digest/],
    [text.slice(0, -100), /It is not JSON/],
    [text.slice(0, 60), /It is not JSON/],
    [JSON.stringify({ ...saved, version: "0.0.1" }), /made by sockgraph 0\.0\.1/],
  ];
  for (const [broken, why] of refusals) {
    assert.notEqual(broken, text);
    await place.write("broken.json", broken);
    const { code, stderr } = await place.call("apply", "broken.json");
    assert.equal(code, 65, stderr);
    assert.match(stderr, why);
  }
  await place.write("compact.json", JSON.stringify(saved));
  const engine = place.start("apply", "compact.json");
  await engine.says(/generation 1 is Ready/);
});

test("apply refuses what is no whole saved plan, and other verbs take none", async (place) => {
  await save(place, web("10m"));
  const saved = JSON.parse(readFileSync(join(place.folder, "next.json"), "utf8"));
  for (
    const [broken, code] of [[{ ...saved, formatVersion: 2 }, 65], [{ ...saved, topologies: [{}] }, 65], [{
      ...saved,
      runtime: "abacus",
    }, 65]] as const
  ) {
    await place.write("broken.json", JSON.stringify(broken));
    assert.equal((await place.call("apply", "broken.json")).code, code);
  }
  await place.write("web.yaml", web("10m"));
  assert.equal((await place.call("apply", "next.json", "web.yaml")).code, 64);
  assert.equal((await place.call("apply", "next.json", "--replace", "front")).code, 64);
  assert.equal((await place.call("apply", "--watch", "next.json")).code, 64);
  for (const verb of ["plan", "validate"]) assert.equal((await place.call(verb, "next.json")).code, 64, verb);
});

test("plan -o json prints what its schema says, whatever it does", async (place) => {
  await startWeb(place);
  const changed = web("20m", "  new: { type: hub }").replace("back: { type: echo }", "back: { type: hole }");
  for (const text of [web("10m"), changed, "name: web\ndescription: Nothing\nnodes: {}\n"]) {
    await place.write("web.yaml", text);
    const { stdout } = await place.call("plan", "web.yaml", "-o", "json");
    const printed = JSON.parse(stdout);
    assert.ok(conforms(planSchema(), printed), stdout);
    assert.equal(conforms(planSchema(), { ...printed, more: 1 }), false);
  }
  const { code, stdout } = await place.call("schema", "--of", "plan");
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), planSchema());
});
