/**
 * The program from end to end: real processes, real sockets, a real control socket.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { type Program, TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

const DENO_ONLY = "Deno" in globalThis ? null : "only Deno has permissions";

const READY = /generation 1 is Ready/;
const ECHO = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/127.0.0.1:\${PORT:-7007}
      - listen: 128
      - accept: { peer: back }
  back: { type: echo }
`;
/** Port 1 refuses. */
const PROXIES = [["NO_PROXY", "*"], ["NO_PROXY", "localhost"], ["http_proxy", "http://127.0.0.1:1"]] as const;
/** An address that no host has (RFC 5737): listening there fails for good. */
const FAILING = `
nodes:
  a: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/192.0.2.1:80", listen: 1] }
`;
/** Port 1 refuses: the node is degraded, and retried. */
const DEGRADED = `
nodes:
  up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:1"] }
`;

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

async function startEcho(place: TestFolder): Promise<Program> {
  await place.write("echo.yaml", ECHO);
  const engine = place.start("apply", "echo.yaml");
  await engine.says(READY);
  return engine;
}

function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => answer += chunk);
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

test("the engine is reached regardless of the proxy variables of the environment", async (place) => {
  const engine = await startEcho(place);
  for (const [name, value] of PROXIES) {
    const { code, stderr } = await place.startIn({ no_proxy: "", [name]: value }, "status").ended;
    assert.equal(code, 0, `${name}=${value}: ${stderr}`);
  }
  engine.signal("SIGTERM");
  await engine.ended;
});

test("apply becomes the engine, serves, and SIGTERM ends it with 0", async (place) => {
  const engine = await startEcho(place);
  await engine.says(/Engine in the foreground: pid \d+/);
  const status = await place.run("status", "-o", "json");
  assert.equal(status.code, 0);
  const report = JSON.parse(status.stdout);
  assert.equal(report.formatVersion, 1);
  assert.equal(report.topologies[0].name, "echo");
  assert.equal(statSync(place.control).mode & 0o777, 0o600);
  const port = Number(/:(\d+)$/.exec(report.topologies[0].nodes[0].local)?.[1]);
  assert.equal(await exchange(port, "hello"), "hello");
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
  assert.equal(existsSync(place.control), false);
});

test("apply asks the engine that runs, and reports that nothing changed", async (place) => {
  const engine = await startEcho(place);
  const again = await place.run("apply", "echo.yaml");
  assert.equal(again.code, 0);
  assert.match(again.stdout, /echo: nothing changed, generation 1/);
  assert.match(again.stderr, /Using the running engine/);
  const plan = await place.run("plan", "echo.yaml", "--detailed-exitcode");
  assert.equal(plan.code, 0);
  const exported = await place.run("export", "echo");
  await place.write("exported.yaml", exported.stdout);
  assert.equal((await place.run("plan", "exported.yaml", "--detailed-exitcode")).code, 0);
  engine.signal("SIGINT");
  assert.equal((await engine.ended).code, 0);
});

test("apply starts again where kill -9 left a stale socket", async (place) => {
  const killed = await startEcho(place);
  killed.signal("SIGKILL");
  await killed.ended;
  assert.equal(existsSync(place.control), true);
  assert.equal((await place.run("status")).code, 75);
  const engine = await startEcho(place);
  assert.equal((await place.run("status")).code, 0);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply ten times at once on a stale socket makes exactly one engine", async (place) => {
  const killed = await startEcho(place);
  killed.signal("SIGKILL");
  await killed.ended;
  const programs = Array.from({ length: 10 }, () => place.start("apply", "echo.yaml"));
  const roles = await Promise.all(programs.map(async (program) => {
    const [role] = await program.says(/Engine in the foreground|Using the running engine/);
    return { program, isEngine: role.startsWith("Engine") };
  }));
  const engines = roles.filter(({ isEngine }) => isEngine);
  assert.equal(engines.length, 1);
  for (const { program, isEngine } of roles) if (!isEngine) assert.equal((await program.ended).code, 0);
  const status = JSON.parse((await place.run("status", "-o", "json")).stdout);
  assert.equal(status.topologies.length, 1);
  assert.equal(status.topologies[0].generation, 1);
  for (const { program } of engines) {
    program.signal("SIGTERM");
    assert.equal((await program.ended).code, 0);
  }
});

test("apply ends 4 and leaves nothing when a step of the first apply fails", async (place) => {
  await place.write("bad.yaml", FAILING);
  const { code, stderr } = await place.run("apply", "bad.yaml");
  assert.equal(code, 4);
  assert.match(stderr, /bad\.yaml:3:\d+ error\[EADDRNOTAVAIL\]/);
  assert.equal(existsSync(place.control), false);
});

test("apply of something bad changes nothing of what runs", async (place) => {
  const engine = await startEcho(place);
  await place.write("echo.yaml", ECHO.replace("messages", "mesages"));
  const invalid = await place.run("apply", "echo.yaml");
  assert.equal(invalid.code, 65);
  assert.match(invalid.stderr, /error\[unknown-key\]/);
  assert.match(invalid.stderr, /Nothing was changed; generation 1 of "echo" keeps running\./);
  await place.write("echo.yaml", FAILING);
  const failed = await place.run("apply", "echo.yaml");
  assert.equal(failed.code, 4);
  assert.match(failed.stderr, /generation 1 of "echo" keeps running/);
  const status = JSON.parse((await place.run("status", "-o", "json")).stdout);
  assert.equal(status.topologies[0].generation, 1);
  assert.equal(status.topologies[0].sync, "Synced");
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply ends 3 as a client, and 130 when interrupted before Ready", async (place) => {
  await place.write("up.yaml", DEGRADED);
  const engine = place.start("apply", "up.yaml", "--wait=1ms");
  await engine.says(/keeps retrying/);
  const again = await place.run("apply", "up.yaml", "--wait=1ms");
  assert.equal(again.code, 3, again.stderr);
  assert.equal((await place.run("status")).code, 3);
  assert.equal((await place.run("wait", "--timeout", "1ms")).code, 3);
  engine.signal("SIGINT");
  assert.equal((await engine.ended).code, 130);
});

test("apply can be interrupted while it waits for Ready", async (place) => {
  await place.write("up.yaml", DEGRADED);
  const engine = place.start("apply", "up.yaml", "--wait=10m");
  await engine.says(/is retried|retrying/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 143);
  assert.equal(existsSync(place.control), false);
});

test("SIGHUP makes the engine read its sources again", async (place) => {
  const engine = await startEcho(place);
  await place.write("echo.yaml", "nodes: [");
  engine.signal("SIGHUP");
  await engine.says(/generation 1 of "echo" keeps running/);
  await place.write("echo.yaml", ECHO.replace("128", "64"));
  engine.signal("SIGHUP");
  await engine.says(/echo: generation 2 is Ready/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("SIGHUP shows in status what is wrong with sources that are not followed, until it is mended", async (place) => {
  const text = ECHO.replace("${PORT:-7007}", "0");
  const [folder, away] = [join(place.folder, "w"), join(place.folder, "away")];
  await mkdir(folder);
  for (const name of ["a", "c"]) await place.write(`w/${name}.yaml`, text);
  const engine = place.start("apply", "w/");
  await engine.says(/c: generation 1 is Ready/);
  const reload = async (...desired: readonly string[]): Promise<void> => {
    engine.signal("SIGHUP");
    await place.shows(...desired);
  };
  await place.write("w/a.yaml", "nodes: [");
  await reload("a Synced SourceInvalid", "c Synced SourceInvalid");
  // What was wrong with the source is not wrong with what it has no more.
  await place.write("w/a.yaml", text);
  await rm(join(folder, "c.yaml"));
  await reload("a Synced -", "c OutOfSync -");
  await rename(folder, away);
  await reload("a OutOfSync SourceUnreadable", "c OutOfSync SourceUnreadable");
  await rename(away, folder);
  await place.write("w/c.yaml", text);
  await reload("a Synced -", "c Synced -");
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("SIGHUP reads a source with the variables that a client applied it with", async (place) => {
  const text = ECHO.replace("128", "${BACKLOG:-128}");
  await place.write("echo.yaml", text);
  const engine = place.start("apply", "echo.yaml");
  await engine.says(READY);
  const applied = await place.startIn({ BACKLOG: "64" }, "apply", "echo.yaml").ended;
  assert.equal(applied.code, 0, applied.stderr);
  await place.write("echo.yaml", `${text}  more: { type: hub }\n`);
  engine.signal("SIGHUP");
  await engine.says(/echo: generation 3 is Ready/);
  assert.match((await place.run("export")).stdout, /listen: 64/);
  // What was applied without the variable stays without it, too.
  const without = await place.run("apply", "echo.yaml");
  assert.equal(without.code, 0, without.stderr);
  await place.write("echo.yaml", text);
  engine.signal("SIGHUP");
  await engine.says(/echo: generation 5 is Ready/);
  assert.match((await place.run("export")).stdout, /listen: 128/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("SIGHUP reads a source with the variables of the saved plan that was applied", async (place) => {
  const text = ECHO.replace("128", "${BACKLOG:-128}");
  await place.write("echo.yaml", text);
  const engine = place.start("apply", "echo.yaml");
  await engine.says(READY);
  const planned = await place.startIn({ BACKLOG: "64" }, "plan", "--out", "next.json", "echo.yaml").ended;
  assert.equal(planned.code, 0, planned.stderr);
  assert.equal((await place.run("apply", "next.json")).code, 0);
  await place.write("echo.yaml", `${text}  more: { type: hub }\n`);
  engine.signal("SIGHUP");
  await engine.says(/echo: generation 3 is Ready/);
  assert.match((await place.run("export")).stdout, /listen: 64/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("down stops topologies by name; the engine runs on", async (place) => {
  const engine = await startEcho(place);
  const wrong = await place.run("down", "ecko");
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /did you mean "echo"/);
  assert.equal((await place.run("down", "echo")).stdout, "echo: stopped\n");
  assert.deepEqual(JSON.parse((await place.run("status", "-o", "json")).stdout).topologies, []);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("msg prints the reply, and fails with the node's words", async (place) => {
  const engine = await startEcho(place);
  const reply = await place.run("msg", "echo/front:", "getname");
  const quoted = await place.run("msg", "echo/front:", "getopt SO_KEEPALIVE");
  assert.equal(quoted.code, 0, quoted.stderr);
  assert.match(reply.stdout, /^inet\/127\.0\.0\.1:\d+\n$/);
  const wrong = await place.run("msg", "echo/front:", "getnam");
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /did you mean "getname"/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("every verb that needs an engine ends 75 without one", async (place) => {
  const calls = [["status"], ["wait"], ["down"], ["msg", "a:", "b"], ["export"]];
  const codes = await Promise.all(calls.map(async (call) => (await place.run(...call)).code));
  assert.deepEqual(codes, calls.map(() => 75));
});

test("a control path that is a file or a folder is named as such, by clients and by apply", async (place) => {
  await place.write("echo.yaml", ECHO);
  const file = `${place.folder}/echo.yaml`;
  const calls = [["status", file], ["apply", file, "echo.yaml"], ["status", place.folder]] as const;
  const ends = await Promise.all(calls.map(([verb, path, ...rest]) => place.run(verb, ...rest, "--control", path)));
  assert.deepEqual(ends.map(({ code }) => code), [75, 75, 75]);
  const said = ends.map(({ stderr }) => /the path is a (\w+), not a socket/.exec(stderr)?.[1]);
  assert.deepEqual(said, ["file", "file", "directory"]);
});

test("usage errors end 64 and say what is there", async (place) => {
  await place.write("echo.yaml", ECHO);
  const none = await place.run("apply");
  assert.equal(none.code, 64);
  assert.match(none.stderr, /"echo\.yaml"/);
  const near = await place.run("apply", "ecco.yaml");
  assert.equal(near.code, 64);
  assert.match(near.stderr, /did you mean "echo\.yaml"/);
  assert.equal((await place.run("aply")).code, 64);
});

test("validate opens nothing and needs no engine", async (place) => {
  await place.write("echo.yaml", ECHO);
  await place.write("bad.yaml", "nodes: { a: { type: ksoket } }");
  assert.equal((await place.run("validate", "echo.yaml")).code, 0);
  const bad = await place.run("validate", ".", "-o", "json");
  assert.equal(bad.code, 65);
  assert.equal(JSON.parse(bad.stdout).diagnostics[0].file, "./bad.yaml");
});

test("validate calls nothing of a file valid that has an error", async (place) => {
  const texts = [
    "nodes:\n  e: { type: echo }\n  e: { type: echo }\n",
    "nodes: { e: { type: echo, type: echo } }\n",
    "name: one\nnodes: { e: { type: echo } }\n---\nname: one\nnodes: { e: { type: echo } }\n",
    "name: one\nnodes: { e: { type: echo } }\n---\nname: two\nnodes: { e: { type: ecco } }\n",
  ];
  for (const text of texts) {
    await place.write("bad.yaml", text);
    const { code, stdout } = await place.run("validate", "bad.yaml");
    assert.deepEqual([code, stdout], [65, ""], text);
  }
});

harnessTest("a missing permission ends 77 and names the task", { skip: DENO_ONLY }, async () => {
  await using place = await TestFolder.open();
  await place.write("echo.yaml", ECHO);
  // A source may be on the web, for which the task "validate" has no permission.
  const calls = [["apply", "apply", "echo.yaml"], ["status", "status"], [
    "sockgraph validate",
    "validate",
    "echo.yaml",
  ]];
  for (const [task, verb = "", ...rest] of calls) {
    const { code, stderr } = await place.startWith([], verb, ...rest).ended;
    assert.equal(code, 77, `${verb}: ${stderr}`);
    assert.ok(stderr.includes(`"deno run ${task}"`), stderr);
  }
});

harnessTest("a task whose permissions do not do names a command that exists", { skip: DENO_ONLY }, async () => {
  await using place = await TestFolder.open();
  await place.write("echo.yaml", ECHO);
  const env = { SOCKGRAPH_COMMAND: "./sockgraph" };
  const validate = await place.startBound(["--allow-env"], env, "validate", "echo.yaml").ended;
  assert.match(validate.stderr, /^"\.\/sockgraph validate" has the permission$/m);
  const apply = await place.startBound(["--allow-env"], env, "apply", "echo.yaml").ended;
  assert.match(apply.stderr, /^"deno run -A src\/cli\/main\.ts apply" in the checkout has all permissions$/m);
});

harnessTest("version, types, schema and help need no permission", { skip: DENO_ONLY }, async () => {
  await using place = await TestFolder.open();
  const calls = ["version", "types", "schema", "--help"];
  for (const verb of calls) assert.equal((await place.startWith([], verb).ended).code, 0, verb);
});

harnessTest("apply names the cause where Deno has no access to a path that it writes to", {
  skip: DENO_ONLY,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("echo.yaml", ECHO);
  for (const option of ["--state", "--control"]) {
    const { code, stderr } = await place.run("apply", "echo.yaml", option, "/proc/x");
    assert.deepEqual([code, stderr.includes("task")], [77, false]);
    assert.match(stderr, /"\/proc\/x": Deno opens files in \/dev, \/proc and \/sys only with --allow-all/);
  }
});

test("a file that is named twice, or with its folder, is one file", async (place) => {
  await place.write("echo.yaml", ECHO);
  const { code, stdout, stderr } = await place.run("validate", "echo.yaml", "./echo.yaml", ".");
  assert.deepEqual([code, stdout, stderr], [0, "echo: valid, 2 nodes\n", ""]);
});
