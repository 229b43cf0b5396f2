/**
 * The verbs that operate what runs, from end to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { type Program, TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

const echo = (limit: string) => `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [setconfig: { idleTimeout: ${limit} }, bind: "inet/127.0.0.1:0", listen: 5, accept: { peer: back }]
  back: { type: echo }
`;
/** Nothing listens on port 1: connecting is retried. */
const REFUSED = `connect: "inet/127.0.0.1:1"`;
const HAND = ["msg", "web/front:", "setconfig", "{ idleTimeout=7s }"];

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

/** An engine that runs `web`, in its second generation. */
async function startWeb(place: TestFolder): Promise<Program> {
  await place.write("web.yaml", echo("10m"));
  const engine = place.start("apply", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  await place.write("web.yaml", echo("20m"));
  assert.equal((await place.call("apply", "web.yaml")).code, 0);
  return engine;
}

async function topologyOf(place: TestFolder): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await place.call("status", "web", "-o", "json")).stdout).topologies[0];
}

test("rollback prints its plan, and history lists it", async (place) => {
  await startWeb(place);
  const back = await place.call("rollback");
  assert.equal(back.code, 0);
  assert.match(back.stderr, /web: generation 2 → 3\n.*setconfig \{ idleTimeout=10m \}/);
  assert.match(back.stdout, /web: generation 3 is Ready/);
  assert.equal((await place.call("rollback", "web", "9")).code, 1);
  assert.match((await place.call("rollback", "1")).stdout, /nothing changed, generation 3/);
  const { code, stdout } = await place.call("history", "-o", "json");
  assert.equal(code, 0);
  const { topology, generations } = JSON.parse(stdout);
  assert.equal(topology, "web");
  assert.deepEqual(
    generations.map((one: Record<string, unknown>) => [one["generation"], one["result"], one["current"]]),
    [[1, "applied", false], [2, "applied", false], [3, "applied", true]],
  );
  assert.equal(generations[0].source.revision, generations[2].source.revision);
  assert.match((await place.call("history")).stdout, /^GENERATION +APPLIED .*\n +1 .*web\.yaml +sha256:[0-9a-f]{12}$/m);
});

test("adopt keeps a manual change, reconcile reverts it", async (place) => {
  await startWeb(place);
  await place.call(...HAND);
  assert.equal((await topologyOf(place))["drift"], "nodes.front.messages.setconfig");
  const reverted = await place.call("reconcile", "web");
  assert.equal(reverted.code, 0);
  assert.equal((await topologyOf(place))["sync"], "Synced");
  assert.match((await place.call("adopt")).stdout, /no difference from generation 3/);
  await place.call(...HAND);
  const adopted = await place.call("adopt");
  assert.equal(adopted.code, 0);
  assert.match(adopted.stdout, /adopted the manual changes at nodes\.front\.messages\.setconfig as generation 4/);
  const { sync, generation } = await topologyOf(place);
  assert.deepEqual([sync, generation], ["Synced", 4]);
  assert.match((await place.call("export")).stdout, /idleTimeout: 7s/);
});

test("suspend shows in status until resume", async (place) => {
  await startWeb(place);
  assert.equal((await place.call("suspend")).code, 0);
  assert.equal((await topologyOf(place))["health"], "Suspended");
  assert.equal((await place.call("resume", "web")).code, 0);
  assert.equal((await topologyOf(place))["health"], "Healthy");
});

test("events reports a change when it happens, and SIGINT ends it with 130", async (place) => {
  await startWeb(place);
  const events = place.start("events");
  await events.says(/^\{"time":"[^"]+","kind":"snapshot","status":\{"formatVersion":1/);
  await place.call(...HAND);
  await events.says(/"kind":"drift","topology":"web","drift":"nodes\.front\.messages\.setconfig"/);
  await place.call("suspend");
  await events.says(/"kind":"health","topology":"web","health":"Suspended"/);
  events.signal("SIGINT");
  const { code, stdout, stderr } = await events.ended;
  assert.deepEqual([code, stderr], [130, ""]);
  for (const line of stdout.trim().split("\n")) assert.equal(typeof JSON.parse(line).kind, "string");
});

test("wait ends 75 when the engine ends", async (place) => {
  const engine = await startWeb(place);
  await place.write("up.yaml", `nodes: { out: { type: ksocket, hook: inet/stream/tcp, messages: [${REFUSED}] } }\n`);
  assert.equal((await place.call("apply", "--wait=0", "up.yaml")).code, 3);
  const waiting = place.start("wait", "up", "--timeout", "60s");
  engine.signal("SIGTERM");
  assert.equal((await waiting.ended).code, 75);
});

test("events ends 75 when the engine ends", async (place) => {
  const engine = await startWeb(place);
  const events = place.start("events");
  await events.says(/snapshot/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
  const { code, stderr } = await events.ended;
  assert.equal(code, 75);
  assert.match(stderr, /engine has exited/);
});

test("the verbs for one topology ask for its name where several run, and refuse a wrong one", async (place) => {
  await startWeb(place);
  await place.write("more.yaml", `name: more\nnodes: { a: { type: hub } }\n`);
  assert.equal((await place.call("apply", "more.yaml")).code, 0);
  for (const verb of ["history", "rollback", "adopt", "reconcile", "suspend", "resume"]) {
    const { code, stderr } = await place.call(verb);
    assert.equal(code, 64, verb);
    assert.match(stderr, /"web" and "more"/);
    assert.equal((await place.call(verb, "wep")).code, 1, verb);
  }
});

test("apply --confirm is rolled back in time unless confirmed, and rejects any other apply", async (place) => {
  const engine = await startWeb(place);
  await place.write("web.yaml", echo("30m"));
  const tried = await place.call("apply", "web.yaml", "--confirm", "10m");
  assert.equal(tried.code, 0);
  assert.match(tried.stderr, /web: awaits confirmation, and is rolled back at .*"sockgraph confirm web" keeps it/);
  assert.match((await place.call("status")).stdout, /awaits confirmation until \S+ \(in \d+s\)/);
  const refused = await place.call("apply", "web.yaml");
  assert.equal(refused.code, 75);
  assert.match(refused.stderr, /Generation 3 of "web" awaits its confirmation/);
  assert.match((await place.call("confirm", "web")).stdout, /web: generation 3 is confirmed/);
  assert.equal((await place.call("confirm")).code, 1);
  await place.write("web.yaml", echo("40m"));
  await place.call("apply", "web.yaml", "--confirm", "1s");
  await engine.says(/web: generation 4 was not confirmed in time and is rolled back/);
  assert.match((await place.call("export")).stdout, /idleTimeout: 30m/);
});

test("clients find the engine again after its control socket was removed, with its lock or without", async (place) => {
  const engine = await startWeb(place);
  const events = place.start("events");
  await events.says(/"snapshot"/);
  for (const lost of [[place.control], [place.control, `${place.control}.lock`]]) {
    const reported = engine.says(new RegExp(`(removed; it was created again[^]*){${lost.length}}`));
    for (const path of lost) await rm(path);
    await reported;
    const { code, stderr } = await place.call("apply", "web.yaml");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Using the running engine/);
  }
  await place.write("web.yaml", echo("30m"));
  await place.call("apply", "web.yaml");
  await events.says(/"kind":"applied","topology":"web","result":"applied"/); // What was read before goes on.
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
  assert.deepEqual((await readdir(place.folder)).filter((name) => name === "s" || name.startsWith(".sg-")), []);
});

test("what is printed ends with one newline, in every format", async (place) => {
  await startWeb(place);
  const forms: readonly (readonly string[])[] = [
    ...["table", "tree", "json", "yaml"].map((format) => ["status", "-o", format]),
    ...["table", "json"].map((format) => ["history", "-o", format]),
    ...["text", "json"].map((format) => ["plan", "-o", format, "web.yaml"]),
    ...["yaml", "ngctl"].map((format) => ["export", "--format", format, "web"]),
  ];
  for (const form of forms) {
    const { code, stdout, stderr } = await place.call(...form);
    assert.equal(code, 0, `${form.join(" ")}: ${stderr}`);
    assert.match(stdout, /[^\n]\n$/, form.join(" "));
  }
});

test("adopt names how many places it adopted, drain refuses a generation that does not exist, tap a topology", async (place) => {
  await startWeb(place);
  await place.run(...HAND);
  await place.run("ngctl", "mkpeer", "web/back:", "hole", "spare", "in");
  const adopted = await place.run("adopt");
  assert.match(adopted.stdout, /adopted the manual changes at \S+ and at \d+ other places? as generation 3/);
  const drained = await place.run("drain", "web", "--generation", "9");
  assert.equal(drained.code, 1, drained.stdout);
  assert.match(drained.stderr, /Cannot drain generation 9 of "web": generation 3 is the newest/);
  const node = await place.run("status", "web/front");
  assert.match(node.stdout, /^web\/front/m, node.stderr);
  const tapped = await place.run("tap", "web");
  assert.match(
    tapped.stderr,
    /Cannot tap "web": there is no such node; a node of a topology is named such as web\/front/,
  );
});
