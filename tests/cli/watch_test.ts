/**
 * `apply --watch` from end to end: an engine that follows files, by itself and for a client.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, rename, unlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { freePort } from "../support/process.ts";
import { TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

function listener(backlog: string): string {
  return `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: ${backlog}, accept: { peer: back }] }
  back: { type: hole }
`;
}

/** An address that no host has (RFC 5737): listening there fails for good. */
const FAILING = listener("1").replace("127.0.0.1:0", "192.0.2.1:80");

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

async function stalledOf(place: TestFolder): Promise<{ readonly status: string; readonly reason: string }> {
  const report = JSON.parse((await place.call("status", "-o", "json")).stdout);
  return report.topologies[0].conditions.find(({ type }: { type: string }) => type === "Stalled");
}

test("apply --watch makes so what changes, and keeps what runs while the file is bad", async (place) => {
  await place.write("web.yaml", listener("1"));
  const engine = place.start("apply", "--watch", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  await writeFile(join(place.folder, "aside"), listener("2"));
  await rename(join(place.folder, "aside"), join(place.folder, "web.yaml"));
  await engine.says(/generation 2 is Ready/);
  await place.write("web.yaml", listener("x"));
  await engine.says(/web\.yaml:3:\d+ error\[bad-number\][^]*generation 2 of "web" keeps running/);
  assert.deepEqual((await stalledOf(place)).reason, "SourceInvalid");
  await unlink(join(place.folder, "web.yaml"));
  await engine.says(/Cannot find file or folder "web.yaml"/);
  assert.deepEqual((await stalledOf(place)).reason, "SourceUnreadable");
  await place.write("web.yaml", listener("3"));
  await engine.says(/generation 3 is Ready/);
  assert.deepEqual((await stalledOf(place)).status, "False");
  engine.signal("SIGTERM");
  const { code, stderr } = await engine.ended;
  assert.equal(code, 0);
  assert.equal(stderr.match(/error\[bad-number\]/g)?.length, 1);
});

test("apply --watch serves connections while a large bad text lands beside what it runs", async (place) => {
  const port = await freePort();
  const template = "{ entry: e, nodes: { e: { type: echo } } }";
  const messages = `[bind: "inet/127.0.0.1:${port}", listen: 5, accept: { template: t }]`;
  const front = `front: { type: ksocket, hook: inet/stream/tcp, messages: ${messages} }`;
  await mkdir(join(place.folder, "net"));
  await place.write("net/echo.yaml", `nodes: { ${front} }\ntemplates: { t: ${template} }\n`);
  const engine = place.start("apply", "--watch", "net");
  await engine.says(/generation 1 is Ready/);
  const client = connect(port, "127.0.0.1");
  await once(client, "connect");
  try {
    await writeFile(join(place.folder, "aside"), "\n".repeat(4_000_000));
    await rename(join(place.folder, "aside"), join(place.folder, "net/huge.yaml"));
    let said = false;
    const reported = engine.says(/huge\.yaml error\[too-large\][^]*generation 1 of "echo" keeps running/).then(() =>
      said = true
    );
    let longest = 0;
    while (!said) {
      const sent = performance.now();
      client.write("x");
      await once(client, "data");
      longest = Math.max(longest, performance.now() - sent);
    }
    await reported;
    assert.ok(longest < 2_000, `an echo took ${longest} ms`);
  } finally {
    client.destroy();
  }
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --watch passes its sources to the running engine, with the environment of the client", async (place) => {
  await place.write("web.yaml", listener("1"));
  await place.write("other.yaml", listener(`"\${BACKLOG}"`));
  const engine = place.startIn({ BACKLOG: "5" }, "apply", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  const without = await place.call("apply", "--watch", "other.yaml");
  assert.equal(without.code, 65, without.stderr);
  assert.match(without.stderr, /other\.yaml:3:\d+ error\[missing-variable\]/);
  const client = await place.startIn({ BACKLOG: "8" }, "apply", "--watch", "other.yaml").ended;
  assert.equal(client.code, 0, client.stderr);
  assert.match(client.stdout, /other: generation 1 is Ready/);
  assert.match((await place.call("export", "other")).stdout, /listen: 8/);
  await place.write("other.yaml", `# The same\n${listener(`"\${BACKLOG}"`)}`);
  assert.equal((await place.call("reconcile", "other")).code, 0);
  assert.match((await place.call("export", "other")).stdout, /listen: 8/);
  await place.write("other.yaml", listener("6"));
  await engine.says(/other: generation 2 is Ready/);
  assert.match((await place.call("export", "other")).stdout, /listen: 6/);
  await place.write("bad.yaml", listener("x"));
  assert.equal((await place.call("apply", "--watch", "bad.yaml")).code, 65);
  assert.equal((await place.call("down", "other")).code, 0);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --watch stays when the first generation fails, shows it, and takes the next one", async (place) => {
  await place.write("web.yaml", FAILING);
  const engine = place.start("apply", "--watch", "web.yaml");
  await engine.says(/web\.yaml:3:\d+ error\[EADDRNOTAVAIL\][^]*\^\^\^/);
  await engine.says(/web +generation 0/);
  const status = await place.call("status");
  assert.equal(status.code, 3);
  assert.equal((await stalledOf(place)).reason, "RolledBack");
  await place.write("web.yaml", listener("1"));
  await engine.says(/generation 1 is Ready/);
  assert.equal((await place.call("status")).code, 0);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("down ends what is followed and never came up, and all others", async (place) => {
  await place.write("web.yaml", listener("1"));
  await place.write("other.yaml", FAILING);
  const engine = place.start("apply", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  assert.equal((await place.call("apply", "--watch", "other.yaml")).code, 4);
  const { code, stderr } = await place.call("down");
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse((await place.call("status", "-o", "json")).stdout).topologies, []);
  engine.signal("SIGTERM");
  await engine.ended;
});

test("apply --watch ends 65 when the source is invalid from the start, 64 for standard input", async (place) => {
  await place.write("web.yaml", listener("x"));
  const invalid = await place.call("apply", "--watch", "web.yaml");
  assert.equal(invalid.code, 65);
  assert.match(invalid.stderr, /web\.yaml:3:\d+ error\[bad-number\]/);
  assert.equal((await place.call("apply", "--watch", "-")).code, 64);
  assert.equal((await place.call("apply", "--watch", "none.yaml")).code, 64);
});

test("SIGHUP has the engine take once more what it follows", async (place) => {
  await place.write("web.yaml", listener("1"));
  const engine = place.start("apply", "--watch", "web.yaml");
  await engine.says(/generation 1 is Ready/);
  engine.signal("SIGHUP");
  await engine.says(/Reading the sources again/);
  await engine.says(/The source is unchanged; nothing to do/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("rollback of what is followed lasts until its own text changes or reconcile, and status shows it", async (place) => {
  await mkdir(join(place.folder, "w"));
  await place.write("w/web.yaml", listener("1"));
  const engine = place.start("apply", "--watch", "w");
  await engine.says(/web: generation 1 is Ready/);
  await place.write("w/web.yaml", listener("2"));
  await engine.says(/web: generation 2 is Ready/);
  assert.equal((await place.call("rollback", "web")).code, 0);
  const status = await place.call("status", "web");
  assert.equal(status.code, 3);
  assert.match(status.stdout, /OutOfSync[^]*Generation 3 was restored by a rollback and differs from its source/);
  await place.write("w/other.yaml", listener("3"));
  await engine.says(/other: generation 1 is Ready/);
  assert.match((await place.call("export", "web")).stdout, /listen: 1/);
  const reconciled = await place.call("reconcile", "web");
  assert.deepEqual([reconciled.code, reconciled.stdout], [0, "web: generation 4 is Ready\n"]);
  assert.match(reconciled.stderr, /Applying the source of "web" again/);
  assert.match((await place.call("status", "web")).stdout, /Synced/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("reconcile reads the followed source, and prints the result", async (place) => {
  await place.write("web.yaml", listener("1"));
  const engine = place.start("apply", "--state", "kept", "web.yaml"); // It reads only on request.
  await engine.says(/generation 1 is Ready/);
  const still = await place.call("reconcile");
  assert.deepEqual([still.code, still.stdout], [0, "web: nothing changed, generation 1 is Ready\n"]);
  await place.write("web.yaml", listener("2"));
  const changed = await place.call("reconcile");
  assert.deepEqual([changed.code, changed.stdout], [0, "web: generation 2 is Ready\n"]);
  await place.write("web.yaml", listener("x"));
  for (const _ of [1, 2]) {
    const invalid = await place.call("reconcile", "web");
    assert.equal(invalid.code, 65);
    assert.match(invalid.stderr, /web\.yaml:3:\d+ error\[bad-number\]/);
  }
  await place.write("web.yaml", FAILING);
  for (const _ of [1, 2]) {
    const failed = await place.call("reconcile", "web");
    assert.equal(failed.code, 4);
    assert.match(failed.stderr, /web\.yaml:3:\d+ error\[EADDRNOTAVAIL\][^]*generation 2 of "web" keeps running/);
    assert.doesNotMatch(failed.stdout, /Ready/);
  }
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});
