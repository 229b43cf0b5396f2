/**
 * `--state` from end to end: an engine that starts although its source cannot be used.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { type Program, TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";
/** The task's permissions, and to start the engine. */
const DETACHED = [
  ...["--allow-env", "--allow-net", "--allow-read", "--allow-write", "--allow-sys=uid"],
  "--allow-run=deno",
];

function listener(backlog: string): string {
  return `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: ${backlog}] }
`;
}

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

async function killed(engine: Program): Promise<void> {
  engine.signal("SIGKILL");
  await engine.ended;
}

async function stalledOf(place: TestFolder): Promise<{ readonly status: string; readonly reason: string }> {
  const report = JSON.parse((await place.call("status", "-o", "json")).stdout);
  return report.topologies[0].conditions.find(({ type }: { type: string }) => type === "Stalled");
}

/** Runs `web.yaml` with a state until it is kept, and kills that. */
async function keep(place: TestFolder): Promise<void> {
  await place.write("web.yaml", listener("5"));
  const engine = place.start("apply", "--state", "kept", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  while (!readdirSync(join(place.folder, "kept")).includes("web.json")) {
    await new Promise((done) => setTimeout(done, 5));
  }
  await killed(engine);
}

test("apply --state starts from the last good generation when the source is invalid, Stalled", async (place) => {
  await keep(place);
  assert.equal(statSync(join(place.folder, "kept/web.json")).mode & 0o777, 0o600);
  assert.equal(statSync(join(place.folder, "kept")).mode & 0o777, 0o700);
  await place.write("web.yaml", listener("x"));
  assert.equal((await place.run("apply", "web.yaml")).code, 65);
  const engine = place.start("apply", "--state", "kept", "web.yaml");
  await engine.says(/error\[bad-number\]/);
  await engine.says(/last good generation/);
  await engine.says(/generation 1 is Ready/);
  assert.match((await place.call("export", "web")).stdout, /listen: 5/);
  while ((await stalledOf(place)).reason !== "SourceInvalid");
  assert.equal((await stalledOf(place)).status, "True");
  await place.write("web.yaml", listener("6"));
  engine.signal("SIGHUP");
  await engine.says(/generation 2 is Ready/);
  assert.equal((await stalledOf(place)).status, "False");
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("what was wrong with a source is not wrong with what it has no more, and reconcile reports that", async (place) => {
  const [folder, text] = [join(place.folder, "w"), listener("5")];
  await mkdir(folder);
  for (const name of ["a", "c"]) await place.write(`w/${name}.yaml`, text);
  const first = place.start("apply", "--watch", "--state", "kept", "w/");
  await first.says(/c: generation 1 is Ready/);
  while (!["a.json", "c.json"].every((name) => existsSync(join(place.folder, "kept", name)))) {
    await new Promise((done) => setTimeout(done, 5));
  }
  await killed(first);
  await place.write("w/a.yaml", "nodes: [");
  await unlink(join(folder, "c.yaml"));
  const engine = place.start("apply", "--watch", "--state", "kept", "w/");
  await engine.says(/c: generation 1 is Ready/);
  await place.shows("a Synced SourceInvalid", "c Synced SourceInvalid");
  await place.write("w/a.yaml", text);
  await place.shows("a Synced -", "c OutOfSync -");
  const { code, stdout, stderr } = await place.call("reconcile", "c");
  assert.equal(code, 0, stderr);
  assert.match(stdout + stderr, /"c" is no longer in its source/);
  await place.shows("a Synced -", "c OutOfSync -");
  await rm(folder, { recursive: true });
  await place.shows("a OutOfSync SourceUnreadable", "c OutOfSync -");
  await place.call("reconcile", "a");
  await place.shows("a OutOfSync SourceUnreadable", "c OutOfSync -");
  engine.signal("SIGTERM");
  await engine.ended;
});

test("apply --state --watch starts without its source, and takes it when it is there", async (place) => {
  await keep(place);
  await unlink(join(place.folder, "web.yaml"));
  const engine = place.start("apply", "--state", "kept", "--watch", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  while ((await stalledOf(place)).reason !== "SourceUnreadable");
  await place.write("web.yaml", listener("7"));
  await engine.says(/generation 2 is Ready/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --state --watch keeps running when neither its source nor what was kept can be used", async (place) => {
  await keep(place);
  await place.write("kept/web.json", "{");
  await place.write("web.yaml", listener("x"));
  const engine = place.start("apply", "--state", "kept", "--watch", "web.yaml");
  await engine.says(/Nothing was applied; the engine keeps running/);
  const status = await place.call("status");
  assert.equal(status.code, 3);
  assert.match(status.stderr, /web\.yaml: The source cannot be used: .*error\[bad-number\]/);
  const wait = await place.call("wait", "--timeout", "30s");
  assert.equal(wait.code, 3);
  await place.write("web.yaml", listener("6"));
  await engine.says(/generation 1 is Ready/);
  assert.equal((await place.call("status")).code, 0);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --state --watch that never could use its source ends as one that was never Ready", async (place) => {
  const engine = place.start("apply", "--state", "kept", "--watch", "none.yaml");
  await engine.says(/Nothing was applied; the engine keeps running/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 143);
});

test("apply --state --watch --detach keeps running without a usable source, and reports it by its exit code", async (place) => {
  await place.write("web.yaml", listener("x"));
  const detached = await place.startWith(DETACHED, "apply", "--detach", "--state", "kept", "--watch", "web.yaml").ended;
  try {
    assert.equal(detached.code, 65, detached.stderr);
    assert.equal((await place.call("status")).code, 3);
    await place.write("web.yaml", listener("6"));
    // Its name is not known before the source is read again.
    let waited = await place.call("wait", "web", "--timeout", "30s");
    while (waited.code === 1) waited = await place.call("wait", "web", "--timeout", "30s");
    assert.equal(waited.code, 0, waited.stderr);
  } finally {
    await place.call("down");
  }
});

test("apply --state ends as without it when nothing was kept, or what was kept cannot be used", async (place) => {
  assert.equal((await place.run("apply", "--state", "kept", "none.yaml")).code, 69);
  await keep(place);
  await place.write("kept/web.json", "{");
  await place.write("web.yaml", listener("x"));
  const { code, stderr } = await place.run("apply", "--state", "kept", "web.yaml");
  assert.equal(code, 65);
  assert.match(stderr, /Cannot use the state saved in "[^"]*web\.json"/);
  await rm(join(place.folder, "kept"), { recursive: true });
});

test("apply --state starts what was kept though another topology's file is broken, and reports it", async (place) => {
  await keep(place);
  await place.write("kept/other.json", "{");
  await place.write("web.yaml", listener("x"));
  const engine = place.start("apply", "--state", "kept", "web.yaml");
  await engine.says(/Cannot use the state saved in "[^"]*other\.json"/);
  await engine.says(/generation 1 is Ready/);
  await killed(engine);
});

test("apply --state keeps what was adopted", async (place) => {
  await place.write("web.yaml", listener("5"));
  const first = place.start("apply", "--state", "kept", "web.yaml");
  await first.says(/generation 1 is Ready/);
  assert.equal((await place.call("msg", "web/front:", "listen", "9")).code, 0);
  assert.equal((await place.call("adopt", "web")).code, 0);
  first.signal("SIGTERM");
  await first.ended;
  await unlink(join(place.folder, "web.yaml"));
  const again = place.start("apply", "--state", "kept", "web.yaml");
  await again.says(/generation 1 is Ready/);
  assert.match((await place.call("export", "web")).stdout, /listen: 9/);
  again.signal("SIGTERM");
  await again.ended;
});

test("apply --state --detach starts in the background from the last good generation", async (place) => {
  await keep(place);
  await place.write("web.yaml", listener("x"));
  const detached = await place.startWith(DETACHED, "apply", "--detach", "--state", "kept", "web.yaml").ended;
  try {
    assert.equal(detached.code, 0, detached.stderr);
    assert.match(detached.stderr, /error\[bad-number\][^]*last good generation/);
    while ((await stalledOf(place)).reason !== "SourceInvalid");
    assert.match((await place.call("export", "web")).stdout, /listen: 5/);
  } finally {
    await place.call("down");
  }
});

test("apply --state --detach without --watch reads its source again on SIGHUP, and reports it", async (place) => {
  await place.write("web.yaml", listener("5"));
  const detached = await place.startWith(DETACHED, "apply", "--detach", "--state", "kept", "web.yaml").ended;
  try {
    assert.equal(detached.code, 0, detached.stderr);
    assert.doesNotMatch(detached.stderr, /follows the source|keeps its own/);
    assert.match(detached.stderr, /which reads the source again on SIGHUP or reconcile/);
    const pid = JSON.parse((await place.call("status", "-o", "json")).stdout).engine.pid;
    await place.write("web.yaml", listener("x"));
    const events = place.start("events");
    await events.says(/snapshot/);
    process.kill(pid, "SIGHUP");
    await events.says(/SourceInvalid/); // Said only of a source that the engine reads itself.
    events.signal("SIGTERM");
    await events.ended;
  } finally {
    await place.call("down");
  }
});

test("down forgets what was kept", async (place) => {
  await keep(place);
  const engine = place.start("apply", "--state", "kept", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  assert.equal((await place.call("down", "web")).code, 0);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
  assert.deepEqual(readdirSync(join(place.folder, "kept")).filter((name) => name !== ".lock"), []);
});

test("apply --state is refused where an engine runs already, and for standard input", async (place) => {
  await place.write("web.yaml", listener("5"));
  const engine = place.start("apply", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  assert.equal((await place.run("apply", "--state", "kept", "web.yaml")).code, 64);
  assert.equal((await place.run("apply", "--state", "kept", "-")).code, 64);
  const detached = await place.startWith(DETACHED, "apply", "--detach", "--state", "kept", "web.yaml").ended;
  assert.equal(detached.code, 64, detached.stderr);
  assert.match(detached.stderr, /--state applies only when an engine starts/);
  assert.equal(existsSync(join(place.folder, "kept")), false);
  const drained = await place.startWith(DETACHED, "apply", "--detach", "--drain", "5s", "web.yaml").ended;
  assert.equal(drained.code, 0, drained.stderr);
  assert.match(drained.stderr, /keeps its own --drain/);
  const watched = await place.run("apply", "--watch", "--drain", "5s", "web.yaml");
  assert.match(watched.stderr, /keeps its own --drain[^]*which follows the source/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --state reports of its folder that it cannot be made, and not of the control socket", async (place) => {
  await place.write("web.yaml", listener("5"));
  await place.write("file", "no folder");
  const { code, stderr } = await place.run("apply", "--state", "file/kept", "web.yaml");
  assert.equal(code, 1);
  assert.match(stderr, /Cannot save generations in .*file\/kept/);
});

test("apply --state is refused in a folder that another engine has, and takes over that of a killed one", async (place) => {
  await place.write("web.yaml", listener("5"));
  const first = place.start("apply", "--state", "kept", "web.yaml");
  await first.says(/Press Ctrl-C/);
  const other = join(place.folder, "other");
  const second = await place.run("apply", "--control", other, "--state", "kept", "web.yaml");
  assert.equal(second.code, 1);
  assert.match(second.stderr, /Cannot save generations in "\S*kept": another engine uses this folder/);
  assert.equal(existsSync(other), false);
  await killed(first);
  const third = place.start("apply", "--control", other, "--state", "kept", "web.yaml");
  await third.says(/Press Ctrl-C/);
  third.signal("SIGTERM");
  assert.equal((await third.ended).code, 0);
  // One that ended in order leaves the folder to the next.
  const fourth = place.start("apply", "--state", "kept", "web.yaml");
  await fourth.says(/Press Ctrl-C/);
});
