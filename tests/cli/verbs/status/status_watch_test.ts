/**
 * `status --watch` in a pipe and on a terminal, against a real engine.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import { peer, test as harnessTest } from "../../../harness.ts";
import { launch } from "../../../support/process.ts";
import { TestFolder } from "../../program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

function test(name: string, body: (place: TestFolder) => Promise<void>, why: string | null = skip): void {
  harnessTest(name, { skip: why, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await place.write("web.yaml", "nodes:\n  front: { type: hub }\n  far: { type: pipe }\n");
    await body(place);
  });
}

test("status --watch prints a table when more changes than counters, and SIGINT ends it with 130", async (place) => {
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Ready/);
  const watch = place.start("status", "--watch");
  await watch.says(/^\d{4}-.*Z\nweb {2}generation 1 {2}Synced[^]*\nfront /);
  await place.call("suspend");
  await watch.says(/web {2}generation 1 {2}Synced {2}Suspended/);
  watch.signal("SIGINT");
  const { code, stdout, stderr } = await watch.ended;
  assert.deepEqual([code, stderr], [130, ""]);
  assert.equal(stdout.match(/^web /gm)?.length, 2);
  assert.ok(!stdout.includes("\u001b"));
});

test("status --watch -o json prints a line a status, and ends 75 when the engine ends", async (place) => {
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Ready/);
  const watch = place.start("status", "web", "--watch", "-o", "json");
  await watch.says(/"health":"Healthy"/);
  await place.call("suspend");
  await watch.says(/"health":"Suspended"/);
  engine.signal("SIGTERM");
  const { code, stdout, stderr } = await watch.ended;
  assert.equal(code, 75);
  assert.match(stderr, /engine has exited/i);
  for (const line of stdout.trim().split("\n")) assert.equal(JSON.parse(line).topologies[0].name, "web");
});

test("status --watch ends 1 for a name that does not run", async (place) => {
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Ready/);
  assert.equal((await place.call("status", "wep", "--watch")).code, 1);
});

const script = peer("script");

test("status --watch keeps to a terminal's rows and gives it back", async (place) => {
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Ready/);
  const program = place.commandLine("status", "--watch");
  // Ctrl-C goes to the shell too: without a trap dash ends of it, bash does not.
  const line = `trap : INT; stty rows 4 cols 30; ${program}; echo "ended $?"`;
  const env = { ...inherited(), SOCKGRAPH_CONTROL: place.control, TERM: "xterm", SHELL: "/bin/sh" };
  await using terminal = launch(script.path ?? "", ["-qec", line, "/dev/null"], { env, cwd: place.folder });
  // Of four rows one is the title's, one the headline's: a node's table does not fit.
  await terminal.until(/2 rows hidden/);
  assert.ok(!/front/.test(terminal.output()));
  terminal.write("\u0003");
  const all = await terminal.until(/ended \d+/);
  assert.match(all, /\?1049l[^]*front[^]*ended 130/);
  assert.match(all, /\?25h/);
}, skip ?? script.skip);

test("status --watch on a terminal sorts and opens a node by keys, and q ends it", async (place) => {
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Ready/);
  const line = `stty rows 20 cols 100; ${place.commandLine("status", "--watch")}; echo "ended $?"; stty -a`;
  const env = { ...inherited(), SOCKGRAPH_CONTROL: place.control, TERM: "xterm", SHELL: "/bin/sh" };
  await using terminal = launch(script.path ?? "", ["-qec", line, "/dev/null"], { env, cwd: place.folder });
  await terminal.until(/IN\/S/);
  terminal.write("r");
  await terminal.until(/by rate/);
  terminal.write("\u001b[B");
  await terminal.until(/> front/);
  terminal.write("\r");
  await terminal.until(/Esc: all nodes[^]*web\/front/);
  terminal.write("q");
  const all = await terminal.until(/ended \d+[^]* icanon/);
  assert.match(all, /ended 130/);
}, skip ?? script.skip);

function inherited(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => value ? [[name, value]] : []));
}
