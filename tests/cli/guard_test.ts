/**
 * `--take-over`, `--prune` and `--allow-empty` from end to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { LiveClient } from "../support/live_client.ts";
import { type Program, TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

const ECHO = `name: b
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 5, accept: { peer: echo }] }
  echo: { type: echo }
`;

/** Runs `body` while a folder with `a` and an echo server `b`, which has two clients, is applied. */
async function withClients(place: TestFolder, body: (engine: Program) => Promise<void>): Promise<void> {
  await mkdir(join(place.folder, "all"));
  await place.write("all/a.yaml", file("a"));
  await place.write("all/b.yaml", ECHO);
  const engine = place.start("apply", "all");
  await engine.says(/b: generation 1 is Ready/);
  const address = (await place.call("status", "b", "-o", "json")).stdout;
  const port = Number(/"inet\/127\.0\.0\.1:(\d+)"/.exec(address)?.[1]);
  const clients = [new LiveClient(port), new LiveClient(port)];
  try {
    for (const client of clients) await client.answered();
    await body(engine);
  } finally {
    for (const client of clients) client.close();
  }
}

/** Topologies of one node each, as the documents of one file. */
function file(...names: readonly string[]): string {
  return names.map((name) => `name: ${name}\nnodes: { sink: { type: hole } }\n`).join("---\n");
}

async function runs(place: TestFolder): Promise<readonly string[]> {
  const { topologies } = JSON.parse((await place.call("status", "-o", "json")).stdout);
  return topologies.map(({ name, source }: { name: string; source: { location: string } }) => {
    return `${name} ${source.location.slice(source.location.lastIndexOf("/") + 1)}`;
  });
}

test("apply refuses a topology that runs from elsewhere, plan reports it, --take-over takes it", async (place) => {
  await place.write("a.yaml", file("web"));
  await place.write("b.yaml", file("web").replace("hole", "echo"));
  const engine = place.start("apply", "a.yaml");
  await engine.says(/generation 1 is Ready/);
  const refused = await place.call("apply", "b.yaml");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /runs from "[^"]*a\.yaml"; use --take-over/);
  const planned = await place.call("plan", "b.yaml");
  assert.match(planned.stderr, /runs from "[^"]*a\.yaml"; use --take-over/);
  assert.equal(planned.code, 1);
  assert.doesNotMatch((await place.call("plan", "b.yaml", "--take-over")).stderr, /runs from/);
  assert.deepEqual(await runs(place), ["web a.yaml"]);
  assert.equal((await place.call("apply", "b.yaml", "--take-over")).code, 0);
  assert.deepEqual(await runs(place), ["web b.yaml"]);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply of what runs already leaves it where it came from", async (place) => {
  await place.write("a.yaml", file("web"));
  await place.write("b.yaml", file("web"));
  const engine = place.start("apply", "a.yaml");
  await engine.says(/generation 1 is Ready/);
  assert.match((await place.call("apply", "b.yaml")).stdout, /nothing changed/);
  assert.deepEqual(await runs(place), ["web a.yaml"]);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --prune removes what is gone from its source, and nothing when that is empty", async (place) => {
  await mkdir(join(place.folder, "all"));
  await place.write("all/a.yaml", file("a", "b"));
  await place.write("all/c.yaml", file("c"));
  await place.write("other.yaml", file("other"));
  const engine = place.start("apply", "all", "other.yaml");
  await engine.says(/other: generation 1 is Ready/);
  await place.write("all/a.yaml", file("a"));
  await unlink(join(place.folder, "all/c.yaml"));
  const planned = await place.call("plan", "--prune", "all");
  assert.match(planned.stderr, /"b" is no longer in[^]*"c" is no longer in[^]*^1 topology of other sources stays$/m);
  assert.doesNotMatch((await place.call("plan", "--prune", "all", "other.yaml")).stderr, /stay/);
  assert.equal((await runs(place)).length, 4);
  const pruned = await place.call("apply", "--prune", "all");
  assert.equal(pruned.code, 0, pruned.stderr);
  assert.match(pruned.stdout, /b: removed[^]*c: removed/);
  assert.match(pruned.stderr, /b: generation 1 → removed\n +1 +b\/\w+: +shutdown +topology "b" is removed/);
  assert.match(pruned.stderr, /^1 topology of other sources stays$/m);
  assert.deepEqual(await runs(place), ["a a.yaml", "other other.yaml"]);
  await unlink(join(place.folder, "all/a.yaml"));
  assert.equal((await place.call("apply", "--prune", "all")).code, 65);
  assert.deepEqual(await runs(place), ["a a.yaml", "other other.yaml"]);
  assert.equal((await place.call("apply", "--prune", "--allow-empty", "all")).code, 0);
  assert.deepEqual(await runs(place), ["other other.yaml"]);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply refuses to empty a topology without --allow-empty", async (place) => {
  await place.write("a.yaml", file("web"));
  const engine = place.start("apply", "a.yaml");
  await engine.says(/generation 1 is Ready/);
  await place.write("a.yaml", "name: web\nnodes: {}\n");
  const refused = await place.call("apply", "a.yaml");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /--allow-empty removes its 1 node/);
  assert.equal((await place.call("apply", "--allow-empty", "a.yaml")).code, 0);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --watch --prune removes what goes from a file that it follows", async (place) => {
  await place.write("a.yaml", file("a", "b"));
  const engine = place.start("apply", "--watch", "--prune", "a.yaml");
  await engine.says(/b: generation 1 is Ready/);
  await place.write("a.yaml", "# all of it is gone\n");
  await engine.says(/error\[empty-file\]/);
  await place.write("a.yaml", file("b"));
  await engine.says(/a: removed/);
  await place.write("a.yaml", file("a", "b"));
  await engine.says(/a: generation 1 is Ready[^]*a: generation 1 is Ready/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("plan --prune lists what goes and counts its connections, and a saved one removes just that", async (place) => {
  await withClients(place, async (engine) => {
    await unlink(join(place.folder, "all/b.yaml"));
    const plan = await place.call("plan", "--prune", "all", "--detailed-exitcode", "--out", "next.json");
    assert.equal(plan.code, 2);
    assert.match(plan.stdout, /b: generation 1 → removed/);
    assert.match(plan.stdout, /b\/front: +shutdown/);
    assert.match(plan.stdout, /2 to remove\. 0 connections kept, 2 closed\./);
    assert.deepEqual(await runs(place), ["a a.yaml", "b b.yaml"]);
    const applied = await place.call("apply", "next.json");
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stdout, /b: removed, because its source no longer has it; 2 connections closed/);
    assert.deepEqual(await runs(place), ["a a.yaml"]);
    const again = await place.call("apply", "next.json");
    assert.equal(again.code, 1, again.stderr);
    engine.signal("SIGTERM");
    assert.equal((await engine.ended).code, 0);
  });
});

test("down prints how many connections it closes", async (place) => {
  await withClients(place, async () => {
    assert.equal((await place.call("down", "b")).stdout, "b: stopped; 2 connections closed\n");
  });
});

test("plan --take-over saves a plan that takes over, and without it one that apply refuses", async (place) => {
  await place.write("a.yaml", file("web"));
  await place.write("b.yaml", file("web").replace("hole", "echo"));
  const engine = place.start("apply", "a.yaml");
  await engine.says(/generation 1 is Ready/);
  const refused = await place.call("plan", "b.yaml", "--out", "refused.json");
  assert.match(refused.stderr, /"sockgraph apply refused\.json" is refused/);
  assert.equal((await place.call("apply", "refused.json")).code, 1);
  assert.match(
    (await place.call("plan", "b.yaml", "--take-over", "--out", "next.json")).stderr,
    /applies exactly this plan/,
  );
  assert.equal((await place.call("apply", "next.json")).code, 0);
  assert.deepEqual(await runs(place), ["web b.yaml"]);
});

test("apply --watch refuses a folder that was moved as long as it is not taken over", async (place) => {
  await mkdir(join(place.folder, "all"));
  await place.write("all/a.yaml", file("a"));
  const engine = place.start("apply", "--watch", "all");
  await engine.says(/a: generation 1 is Ready/);
  await rename(join(place.folder, "all"), join(place.folder, "moved"));
  await engine.says(/Cannot find file or folder "all"/);
  const refused = await place.call("apply", "--watch", "moved");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /runs from "[^"]*all\/a\.yaml"; use --take-over/);
  assert.deepEqual(await runs(place), ["a a.yaml"]);
  assert.equal((await place.call("apply", "--watch", "--take-over", "moved")).code, 0);
  await place.write("moved/a.yaml", file("a").replace("hole", "echo"));
  await engine.says(/a: generation 2 is Ready/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});
