/**
 * `sockgraph ngctl` from end to end: real processes, a real engine, real sockets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import { test as harnessTest } from "../../../harness.ts";
import { machine } from "../../../runtimes/posix/subject.ts";
import { type Program, TestFolder } from "../../program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

const ECHO = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 8, accept: { peer: back }] }
  back: { type: echo }
`;
/** As in the tasks of deno.json. */
const POSIX_PERMISSIONS = ["env", "net", "read", "write", "sys=uid", "ffi"].map((name) => `--allow-${name}`);
/** Waits for a file that is never written, until it is killed. */
const WAITING = "mkpeer ksocket a inet/stream/tcp\nname a held\nmsg echo/front: getname\nread fifo\n";

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

async function startEcho(place: TestFolder): Promise<Program> {
  await place.write("echo.yaml", ECHO);
  const engine = place.start("apply", "echo.yaml");
  await engine.says(/generation 1 is Ready/);
  return engine;
}

async function startHeld(place: TestFolder): Promise<Program> {
  await place.write("wait.ng", WAITING);
  await promisify(execFile)("mkfifo", [join(place.folder, "fifo")]);
  const held = place.start("ngctl", "-n", "one", "-f", "wait.ng");
  await held.says(/getname/);
  return held;
}

test("ngctl lists what runs, and leaves nothing of its own behind", async (place) => {
  await startEcho(place);
  const first = await place.run("ngctl", "-n", "me", "list");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^There are 4 total nodes:\n {2}Name: me {2}/);
  for (const name of ["echo/front", "echo/back", "echo/"]) assert.match(first.stdout, new RegExp(`Name: ${name} `));
  const again = await place.run("ngctl", "-n", "me", "msg", "echo/front:", "getname");
  assert.match(
    again.stdout,
    /^Rec'd response "getname" \(5\) from "\[[0-9a-f]+\]:":\nArgs:\tinet\/127\.0\.0\.1:\d+\n$/,
  );
});

test("ngctl ends 71 with the line that failed, 66 without its file, 64 without a command, 75 without engine", async (place) => {
  await place.write("bad.ng", "mkpeer hub a b\nshow absent:\n");
  const results = [await place.run("ngctl", "list")];
  await startEcho(place);
  results.push(await place.run("ngctl", "-f", "bad.ng"));
  results.push(await place.run("ngctl", "-f", "nothing.ng"));
  results.push(await place.run("ngctl"));
  results.push(await place.run("ngctl", "msg", "echo/front:"));
  results.push(await place.run("ngctl", "con"));
  assert.deepEqual(results.map(({ code }) => code), [75, 71, 66, 64, 64, 71]);
  assert.match(results[1]?.stderr ?? "", /^ngctl: line 2: error in file$/m);
  assert.match(results[4]?.stderr ?? "", /^ngctl: usage: msg path command/m);
});

test("ngctl --strict reports wrong calls in ngctl's own words", async (place) => {
  await startEcho(place);
  const usage = "usage: ngctl [-j jail] [-d] [-f filename] [-n nodename] [command [argument ...]]\n";
  const cases: readonly (readonly [words: readonly string[], code: number, said: string])[] = [
    [["-f", "nothing.ng"], 66, "ngctl: nothing.ng: No such file or directory\n"],
    [["-f", "nothing.ng", "list"], 66, "ngctl: nothing.ng: No such file or directory\n"],
    [[], 64, `ngctl: no command specified\n${usage}`],
    [["-z"], 64, usage],
    [["-n", "a:b", "list"], 71, "ngctl: can't create node: Invalid argument\n"],
    [["-d", "-d", "debug"], 0, "debug\n"],
  ];
  for (const [words, code, said] of cases) {
    const result = await place.run("ngctl", "--strict", ...words);
    assert.deepEqual([result.code, result.stderr.replace(/^ngctl: (?=debug\n)/, "")], [code, said], words.join(" "));
  }
});

test("ngctl that is killed takes its node along", async (place) => {
  await startEcho(place);
  const held = await startHeld(place);
  held.signal("SIGKILL");
  assert.notEqual((await held.ended).code, 0);
  for (;;) {
    const { code, stdout } = await place.run("ngctl", "-n", "two", "list");
    assert.equal(code, 0);
    if (!/Name: (one|held)/.test(stdout)) break;
  }
});

test("engine ends while an ngctl session is open", async (place) => {
  const engine = await startEcho(place);
  await startHeld(place);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

harnessTest("ngctl works on a graph in a thread of its own", { skip: machine.skip, timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  await place.write("echo.yaml", ECHO);
  const engine = place.startWith(POSIX_PERMISSIONS, "apply", "--runtime", "posix", "echo.yaml");
  await engine.says(/generation 1 is Ready/);
  const script = [
    "mkpeer echo a b",
    "name a mine",
    "write a 104 105",
    "msg echo/front: getname",
    "list",
  ];
  await place.write("work.ng", script.join("\n"));
  const { code, stdout, stderr } = await place.run("ngctl", "-n", "me", "-f", "work.ng");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /Args:\tinet\/127\.0\.0\.1:\d+\n/);
  for (const name of ["me", "mine", "echo/front"]) assert.match(stdout, new RegExp(`Name: ${name} `));
  assert.doesNotMatch((await place.run("ngctl", "list")).stdout, /Name: mine/);
});
