/**
 * `--take-over`, `--prune` and `--allow-empty` from end to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { Workplace } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

function test(name: string, body: (place: Workplace) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await Workplace.open();
    await body(place);
  });
}

/** Topologies of one node each, as the documents of one file. */
function file(...names: readonly string[]): string {
  return names.map((name) => `name: ${name}\nnodes: { sink: { type: hole } }\n`).join("---\n");
}

async function runs(place: Workplace): Promise<readonly string[]> {
  const { topologies } = JSON.parse((await place.run("status", "-o", "json")).stdout);
  return topologies.map(({ name, source }: { name: string; source: { location: string } }) => {
    return `${name} ${source.location.slice(source.location.lastIndexOf("/") + 1)}`;
  });
}

test("apply refuses a topology that runs from elsewhere, plan says so, --take-over takes it", async (place) => {
  await place.write("a.yaml", file("web"));
  await place.write("b.yaml", file("web").replace("hole", "echo"));
  const engine = place.start("apply", "a.yaml");
  await engine.says(/generation 1 is Ready/);
  const refused = await place.run("apply", "b.yaml");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /runs from "[^"]*a\.yaml"; --take-over/);
  assert.match((await place.run("plan", "b.yaml")).stderr, /runs from "[^"]*a\.yaml"; --take-over/);
  assert.doesNotMatch((await place.run("plan", "b.yaml", "--take-over")).stderr, /runs from/);
  assert.deepEqual(await runs(place), ["web a.yaml"]);
  assert.equal((await place.run("apply", "b.yaml", "--take-over")).code, 0);
  assert.deepEqual(await runs(place), ["web b.yaml"]);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply of what runs already leaves it where it came from", async (place) => {
  await place.write("a.yaml", file("web"));
  await place.write("b.yaml", file("web"));
  const engine = place.start("apply", "a.yaml");
  await engine.says(/generation 1 is Ready/);
  assert.match((await place.run("apply", "b.yaml")).stdout, /nothing changed/);
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
  assert.match((await place.run("plan", "--prune", "all")).stderr, /"b" is gone[^]*"c" is gone/);
  assert.equal((await runs(place)).length, 4);
  const pruned = await place.run("apply", "--prune", "all");
  assert.equal(pruned.code, 0, pruned.stderr);
  assert.match(pruned.stdout, /b: removed[^]*c: removed/);
  assert.deepEqual(await runs(place), ["a a.yaml", "other other.yaml"]);
  await unlink(join(place.folder, "all/a.yaml"));
  assert.equal((await place.run("apply", "--prune", "all")).code, 65);
  assert.deepEqual(await runs(place), ["a a.yaml", "other other.yaml"]);
  assert.equal((await place.run("apply", "--prune", "--allow-empty", "all")).code, 0);
  assert.deepEqual(await runs(place), ["other other.yaml"]);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply refuses to empty a topology without --allow-empty", async (place) => {
  await place.write("a.yaml", file("web"));
  const engine = place.start("apply", "a.yaml");
  await engine.says(/generation 1 is Ready/);
  await place.write("a.yaml", "name: web\nnodes: {}\n");
  const refused = await place.run("apply", "a.yaml");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /--allow-empty removes its 1 node/);
  assert.equal((await place.run("apply", "--allow-empty", "a.yaml")).code, 0);
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
