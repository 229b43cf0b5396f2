/**
 * What status says while what runs is not what its source holds: rolled back, not confirmed, or removed on trial.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test as harnessTest } from "../harness.ts";
import { TestFolder } from "./program.ts";

interface Seen {
  readonly sync: string;
  readonly stalled: string | null;
  readonly orphaned: boolean;
  readonly awaits: boolean;
}

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await mkdir(join(place.folder, "all"));
    await body(place);
  });
}

function text(description: string): string {
  return `description: ${description}\nnodes: { sink: { type: hole } }\n`;
}

async function seen(place: TestFolder, name: string): Promise<Seen> {
  const { topologies } = JSON.parse((await place.call("status", "-o", "json")).stdout);
  const { sync, conditions, orphaned = false, confirmUntil } = topologies.find((one: { name: string }) => {
    return one.name === name;
  });
  const stalled = conditions.find((one: { type: string; status: string }) => {
    return one.type === "Stalled" && one.status === "True";
  });
  return { sync, stalled: stalled?.reason ?? null, orphaned, awaits: confirmUntil !== null };
}

const WELL: Seen = { sync: "Synced", stalled: null, orphaned: false, awaits: false };

test("apply --prune --confirm reports that a removal awaits confirmation, and status what its source lacks", async (place) => {
  await place.write("all/a.yaml", text("a"));
  await place.write("all/b.yaml", text("b"));
  const engine = place.start("apply", "all");
  await engine.says(/Press Ctrl-C/);
  await rm(join(place.folder, "all/b.yaml"));
  const pruned = await place.call("apply", "--prune", "--confirm", "10m", "all");
  assert.equal(pruned.code, 0, pruned.stderr);
  assert.match(pruned.stdout, /b: removed, because its source no longer has it/);
  assert.match(
    pruned.stderr,
    /b: its removal awaits confirmation, and is rolled back at \S+ without it: .*confirm b/,
  );
  assert.deepEqual(await seen(place, "b"), { sync: "OutOfSync", stalled: null, orphaned: true, awaits: true });
  assert.match((await place.call("status")).stdout, /its removal awaits confirmation until .*keeps it removed/);
  // The time begins again, and is soon over.
  assert.match((await place.call("apply", "--prune", "--confirm", "1ms", "all")).stdout, /b: removed/);
  await engine.says(/b: generation \d+ was not confirmed in time/);
  assert.deepEqual(await seen(place, "b"), {
    sync: "OutOfSync",
    stalled: "NotConfirmed",
    orphaned: true,
    awaits: false,
  });
  // A repair does not make it belong to its source again.
  await place.call("reconcile", "b");
  assert.equal((await seen(place, "b")).orphaned, true);
  await place.write("all/b.yaml", text("b"));
  assert.equal((await place.call("apply", "all")).code, 0);
  assert.deepEqual(await seen(place, "b"), WELL);
});

test("rollback and adopt of what is not followed show in status until its source is applied again", async (place) => {
  await place.write("web.yaml", text("one"));
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Press Ctrl-C/);
  await place.write("web.yaml", text("two"));
  assert.equal((await place.call("apply", "web.yaml")).code, 0);
  assert.equal((await place.call("rollback", "web")).code, 0);
  assert.deepEqual(await seen(place, "web"), { ...WELL, stalled: "RolledBack" });
  const status = await place.call("status");
  assert.match(status.stdout, /Generation 3 was restored by a rollback and may differ from its source/);
  assert.equal(status.code, 3);
  await place.call("reconcile", "web");
  assert.equal((await seen(place, "web")).stalled, "RolledBack");
  assert.equal((await place.call("rollback", "web", "2")).code, 0);
  assert.deepEqual(await seen(place, "web"), WELL);
  assert.equal((await place.call("rollback", "web", "1")).code, 0);
  engine.signal("SIGHUP");
  await engine.says(/web: generation 6 is Ready/);
  assert.deepEqual(await seen(place, "web"), WELL);
});

test("apply --confirm of a followed source is not applied again once it was not confirmed in time", async (place) => {
  await place.write("all/web.yaml", text("one"));
  await place.write("all/other.yaml", text("one"));
  const engine = place.start("apply", "--state", "kept", "all");
  await engine.says(/Press Ctrl-C/);
  await place.write("all/web.yaml", text("two"));
  await place.write("all/new.yaml", text("new"));
  // It may be rolled back before it is said to be Ready: how this ends does not matter.
  await place.call("apply", "--confirm", "1ms", "all");
  await engine.says(/web: generation 2 was not confirmed in time/);
  await place.write("all/other.yaml", text("two"));
  const asked = await place.call("reconcile", "other");
  assert.match(asked.stdout, /other: generation 2 is Ready/, asked.stderr);
  assert.match((await place.call("export", "web")).stdout, /description: one/);
  assert.deepEqual(await seen(place, "web"), { ...WELL, sync: "OutOfSync", stalled: "NotConfirmed" });
  assert.deepEqual(await seen(place, "new"), { ...WELL, sync: "OutOfSync", stalled: "NotConfirmed" });
  assert.match((await place.call("reconcile", "web")).stdout, /web: generation 4 is Ready/);
  assert.match((await place.call("reconcile", "new")).stdout, /new: generation 1 is Ready/);
  assert.deepEqual(await seen(place, "web"), WELL);
});

test("plan reports that apply would be refused while a change awaits its confirmation", async (place) => {
  await place.write("all/a.yaml", text("one"));
  await place.write("all/b.yaml", text("one"));
  const engine = place.start("apply", "all");
  await engine.says(/Press Ctrl-C/);
  await place.write("all/a.yaml", text("two"));
  const confirming = await place.call("apply", "--confirm", "10m", "all");
  assert.equal(confirming.code, 0);
  assert.match(confirming.stderr, /^b: nothing changed, so there is nothing to confirm$/m);
  const why = /Generation 2 of "a" awaits its confirmation until \S+: confirm it, or use rollback/;
  const planned = await place.call("plan", "--detailed-exitcode", "all");
  assert.equal(planned.code, 1);
  assert.match(planned.stderr, why);
  const refused = await place.call("apply", "all");
  assert.equal(refused.code, 75);
  assert.match(refused.stderr, why);
  const { refusals } = JSON.parse((await place.call("plan", "-o", "json", "all")).stdout);
  assert.match(refusals.join(), why);
  assert.equal((await place.call("plan", "all/b.yaml")).code, 0);
  assert.equal((await place.call("apply", "--dry-run", "--confirm", "10m", "all")).code, 0);
  // The removal of another one waits as well.
  await rm(join(place.folder, "all/a.yaml"));
  assert.equal((await place.call("plan", "--prune", "all")).code, 1);
  assert.equal((await place.call("confirm")).code, 0);
  assert.equal((await place.call("plan", "--prune", "all")).code, 0);
});
