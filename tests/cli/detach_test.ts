/**
 * The engine in the background, from end to end: how it starts, what it says, and that it goes again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { run } from "../support/process.ts";
import { type Ended, TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";
const LINUX = process.platform === "linux" ? null : "only Linux shows sessions under /proc";
const PERMISSIONS = [
  "--allow-env",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-sys=uid",
  "--allow-run=deno",
];
const WEB =
  "nodes:\n  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: inet/127.0.0.1:0, listen: 5] }\n";
/** An address that no host has (RFC 5737): listening there fails for good. */
const FAILING = WEB.replace("127.0.0.1:0", "192.0.2.1:80");

function test(name: string, body: (place: TestFolder) => Promise<void>, why: string | null = null): void {
  harnessTest(name, { skip: skip ?? why, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    try {
      await body(place);
    } finally {
      await place.call("down");
    }
  });
}

function detach(place: TestFolder, ...args: readonly string[]): Promise<Ended> {
  return place.startWith(PERMISSIONS, "apply", "--detach", ...args).ended;
}

function logOf(place: TestFolder): readonly string[] {
  return readFileSync(join(place.folder, "s.log"), "utf8").trimEnd().split("\n");
}

async function pidOf(place: TestFolder): Promise<number> {
  return JSON.parse((await place.call("status", "-o", "json")).stdout).engine.pid;
}

test("apply --detach starts an engine, waits for Ready, and down ends both", async (place) => {
  await place.write("web.yaml", WEB);
  const { code, stdout, stderr } = await detach(place, "web.yaml");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /web: generation 1 is Ready/);
  const [, pid, log] = /Engine in the background: pid (\d+), control socket \S+\/s, log (\S+)/.exec(stderr) ?? [];
  assert.equal(log, join(place.folder, "s.log"));
  assert.equal(await pidOf(place), Number(pid));
  assert.equal(statSync(join(place.folder, "s.log")).mode & 0o777, 0o600);
  const again = await detach(place, "web.yaml");
  assert.deepEqual([again.code, /in the background/.test(again.stderr)], [0, false]);
  const down = await place.call("down");
  assert.equal(down.code, 0);
  assert.match(down.stderr, /background engine has exited/);
  assert.equal((await place.call("status")).code, 75);
  // The control socket is closed before the last line is written.
  while (!/info {2}Stopped/.test(logOf(place).at(-1) ?? "")) await new Promise((done) => setTimeout(done, 20));
  for (const line of logOf(place)) assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z (info|warn|error) +\S/);
});

test("apply --detach leaves the terminal, and SIGHUP reads the sources again", async (place) => {
  await place.write("web.yaml", WEB);
  assert.equal((await detach(place, "web.yaml")).code, 0);
  const pid = await pidOf(place);
  // pid (name) state parent group session terminal
  const [, , , session, terminal] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  assert.deepEqual([Number(session), terminal], [pid, "0"]);
  await place.write("web.yaml", `${WEB}  more: { type: hub }\n`);
  const events = place.start("events");
  await events.says(/snapshot/);
  process.kill(pid, "SIGHUP");
  await events.says(/"applied".*"result":"applied"/);
  assert.match((await place.call("status")).stdout, /^more +hub +ready/m);
}, LINUX);

test("apply --watch points at the line that failed, for the engine, its log and who handed it over", async (place) => {
  await place.write("web.yaml", WEB);
  assert.equal((await detach(place, "web.yaml")).code, 0);
  await place.write("other.yaml", FAILING);
  const pointed = /other\.yaml:2:\d+ error\[EADDRNOTAVAIL\][^]*\n +\| +\^+\n/;
  const client = await place.run("apply", "--watch", "other.yaml");
  assert.equal(client.code, 4, client.stderr);
  assert.match(client.stderr, pointed);
  await place.write("other.yaml", WEB);
  assert.equal((await place.run("apply", "--watch", "-o", "json", "other.yaml")).code, 0);
  await place.write("other.yaml", FAILING);
  while (!pointed.test(logOf(place).join("\n"))) await new Promise((done) => setTimeout(done, 20));
  const reported = await place.run("apply", "--watch", "-o", "json", "other.yaml");
  const events = reported.stdout.trim().split("\n").map((line) => JSON.parse(line));
  const { diagnostic } = events.find(({ place }) => place !== undefined).place;
  assert.deepEqual([diagnostic.file, diagnostic.line, diagnostic.code], ["other.yaml", 2, "EADDRNOTAVAIL"]);
});

test("apply --detach ends the engine again when what it is for fails, as one in the foreground ends", async (place) => {
  await place.write("bad.yaml", FAILING);
  const { code, stderr } = await detach(place, "bad.yaml");
  assert.equal(code, 4);
  assert.match(stderr, /background engine has exited: nothing is running/);
  assert.equal((await place.call("status")).code, 75);
  await place.write("worse.yaml", "nodes: { a: { type: hbu } }\n");
  assert.equal((await detach(place, "worse.yaml")).code, 65);
  assert.equal((await place.call("status")).code, 75);
});

test("apply --detach -o json logs in JSON, with what each line is about", async (place) => {
  await place.write(
    "up.yaml",
    "nodes:\n  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: inet/127.0.0.1:1] }\n",
  );
  assert.equal((await detach(place, "--wait=0", "-o", "json", "up.yaml")).code, 3);
  while (!/"warn"/.test(logOf(place).join("\n"))) await new Promise((done) => setTimeout(done, 20));
  const entries = logOf(place).map((line): Record<string, unknown> => JSON.parse(line));
  for (const entry of entries) assert.deepEqual(Object.keys(entry), ["time", "level", "topology", "node", "message"]);
  const about = entries.find(({ node }) => node === "out");
  assert.deepEqual([about?.["level"], about?.["topology"]], ["warn", "up"]);
});

for (
  const [option, code] of [["--control=folder", 75], ["--control=nowhere/s", 1], ["--state=folder/file", 1]] as const
) {
  test(`apply ${option} reports in one line why no engine starts, in the background as in the foreground`, async (place) => {
    await place.write("web.yaml", "nodes: { a: { type: echo } }\n");
    mkdirSync(join(place.folder, "folder"));
    await place.write("folder/file", "");
    const before = readdirSync(place.folder);
    const here = await place.run("apply", option, "web.yaml");
    assert.equal(here.code, code);
    assert.match(here.stderr, /(^|\n)error: [^\n]*\n$/);
    assert.deepEqual(readdirSync(place.folder).filter((name) => !name.startsWith("s.")), before);
    assert.deepEqual(await detach(place, option, "web.yaml"), here);
    // Only where the control socket could be are its lock and the log.
    assert.deepEqual(readdirSync(place.folder).filter((name) => !name.startsWith("s.")), before);
  });
}

test("apply --detach of stdin leaves what stdin held", async (place) => {
  const flags = "Deno" in globalThis ? ["run", "--no-prompt", ...PERMISSIONS] : [];
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const env = { ...process.env, SOCKGRAPH_CONTROL: place.control, PROGRAM: process.execPath };
  const words = ["-c", 'exec "$PROGRAM" "$@"', "sh", ...flags, main, "apply", "--detach", "-"];
  const { code, stderr } = await run("sh", words, { env, input: `name: web\n${WEB}`, cwd: place.folder });
  assert.equal(code, 0, stderr);
  assert.match((await place.call("status")).stdout, /^web /);
});

harnessTest("openLog() turns a file that is full, and goes on behind what is there", async () => {
  await using place = await TestFolder.open();
  const { background } = await detectRuntime();
  const path = join(place.folder, "log");
  writeFileSync(path, "0\n");
  const log = background.openLog(path, { maxBytes: 6 });
  for (const text of ["1\n", "2\n", "3\n", "4\n"]) log.write(text);
  log.close();
  assert.equal(readFileSync(`${path}.1`, "utf8"), "0\n1\n2\n");
  assert.equal(readFileSync(path, "utf8"), "3\n4\n");
});
