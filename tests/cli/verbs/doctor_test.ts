/**
 * `doctor` as a program, and the parts of it that read what the system says.
 *
 * @module
 */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { examineControl } from "../../../src/cli/verbs/doctor/doctor_control.ts";
import { examineSources } from "../../../src/cli/verbs/doctor/doctor_sources.ts";
import { socketSupport } from "../../../src/engine/worker/socket_support.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import { parseProcessRights } from "../../../src/runtimes/host/process_rights.ts";
import { test } from "../../harness.ts";
import { tlsSkip } from "../../support/tls.ts";
import { type Ended, TestFolder } from "../program.ts";

const HOST = "Deno" in globalThis ? "deno" : "bun";
const OTHER = HOST === "deno" ? "bun" : "deno";
const LINUX_ONLY = process.platform === "linux" ? null : "only Linux has /proc";
const DENO_ONLY = HOST === "deno" ? null : "only Deno has permissions";

/** As in the task `doctor` of deno.json. */
const PERMISSIONS = [
  "--allow-env",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-sys=uid",
  "--allow-run=cat,ls",
];

const ECHO = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 5, accept: { peer: e }] }
  e: { type: echo }
`;
const BOUND = `
nodes:
  up: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", connect: "inet/127.0.0.1:9"] }
`;
const SEQPACKET = `
nodes:
  up: { type: ksocket, hook: local/seqpacket/0, messages: [connect: 'local/"/tmp/absent"']  }
`;

const run = (place: TestFolder, ...args: readonly string[]): Promise<Ended> =>
  place.startWith(PERMISSIONS, "doctor", ...args).ended;

async function reportOf(place: TestFolder, ...args: readonly string[]) {
  const { code, stdout, stderr } = await run(place, ...args, "-o", "json");
  assert.notEqual(stdout, "", stderr);
  return { code, report: JSON.parse(stdout) };
}

test("doctor describes the machine and exits with 0 if there is no problem", async () => {
  await using place = await TestFolder.open();
  const { code, report } = await reportOf(place);
  assert.equal(code, 0);
  assert.equal(report.formatVersion, 1);
  assert.equal(report.host.name, HOST);
  assert.equal(report.sockets.chosen, HOST);
  assert.deepEqual(report.control, {
    path: place.control,
    from: "SOCKGRAPH_CONTROL",
    state: "free",
    uid: null,
    engine: null,
    reason: null,
  });
  assert.equal(report.environment.SOCKGRAPH_CONTROL, place.control);
  const { socketRuntimes } = await detectRuntime();
  assert.deepEqual(report.sockets.offered, socketRuntimes);
});

test("doctor prints every runtime's own capabilities", async () => {
  await using place = await TestFolder.open();
  const { report } = await reportOf(place);
  const runtime = await detectRuntime();
  const sockets = await runtime.openSockets(HOST);
  await sockets.close();
  const { features, tlsLack } = sockets.capabilities;
  const reported = report.sockets.support.find((one: { runtime: string }) => one.runtime === HOST);
  for (const [kind, known] of Object.entries(features)) {
    for (const [name, support] of Object.entries(known)) {
      // The doctor of this test has no permission for FFI.
      const isWithheld = name === "tls" && (HOST === "deno" || tlsLack !== null);
      assert.equal(reported.kinds[kind].features[name], isWithheld ? "no" : support, name);
    }
  }
  const { stdout } = await run(place);
  assert.match(stdout, /^SOCKETS +deno +bun +posix +memory$/m);
});

test("doctor reads rights and limits of this machine", { skip: LINUX_ONLY }, async () => {
  await using place = await TestFolder.open();
  const { report } = await reportOf(place);
  assert.equal(typeof report.rights.firstFreePort, "number");
  assert.equal(typeof report.rights.privilegedPorts, "boolean");
  assert.ok(report.rights.openFiles.soft > 0);
  assert.ok(report.rights.connections < report.rights.openFiles.soft);
});

test("doctor finds the library of TLS, and reports what this process lacks to load it", { skip: tlsSkip }, async () => {
  await using place = await TestFolder.open();
  const { report: { tls, findings } } = await reportOf(place);
  assert.equal(tls.library, "libssl.so.3");
  assert.match(tls.path, /libssl\./);
  if (HOST === "bun") assert.match(tls.version, /^OpenSSL 3\./);
  else assert.match(tls.problem, /"--allow-ffi"/);
  assert.deepEqual(findings.filter(({ message }: { message: string }) => message.includes("TLS")), []);
});

test("doctor lists the permissions, and what is unknown without them", { skip: DENO_ONLY }, async () => {
  await using place = await TestFolder.open();
  const { stdout, code } = await place.startWith(["--allow-env", "--allow-read"], "doctor", "-o", "json").ended;
  assert.equal(code, 0);
  const report = JSON.parse(stdout);
  const states = report.permissions.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`);
  assert.ok(states.includes("env granted"));
  assert.ok(states.includes("net limited"));
  assert.equal(report.rights.openFiles, null);
  assert.deepEqual(report.findings.map(({ severity }: { severity: string }) => severity), ["warning", "warning"]);
});

test("doctor reports an engine that answers, and the remains of a dead one", async () => {
  await using place = await TestFolder.open();
  await place.write("echo.yaml", ECHO);
  const engine = place.start("apply", "echo.yaml");
  await engine.says(/generation 1 is Ready/);
  const running = await reportOf(place);
  assert.equal(running.report.control.state, "engine");
  assert.equal(running.report.control.engine.runtime, HOST);
  assert.equal(running.code, 0);
  engine.signal("SIGKILL");
  await engine.ended;
  const { report, code } = await reportOf(place);
  assert.equal(report.control.state, "stale");
  assert.equal(code, 0);
});

test("doctor ends 1 when the control socket cannot be used", async () => {
  await using place = await TestFolder.open();
  await place.write("s", "a file");
  const { code, report } = await reportOf(place);
  assert.equal(code, 1);
  assert.equal(report.control.state, "unusable");
  assert.equal(report.findings[0].severity, "problem");
  const gone = await reportOf(place, "--control", join(place.folder, "no/such"));
  assert.equal(gone.code, 1);
  assert.equal(gone.report.control.from, "--control");
});

test("examineControl() refuses a folder of its own that is open to others", async () => {
  await using place = await TestFolder.open();
  const runtime = await detectRuntime();
  const folder = join(place.folder, `sockgraph-${runtime.process.uid ?? "user"}`);
  const alone = {
    ...runtime,
    files: { ...runtime.files, temporaryDirectory: place.folder },
    process: { ...runtime.process, env: () => undefined },
  };
  assert.equal((await examineControl(alone, null)).state, "free");
  mkdirSync(folder);
  chmodSync(folder, 0o700);
  assert.equal((await examineControl(alone, null)).state, "free");
  chmodSync(folder, 0o755);
  assert.equal((await examineControl(alone, null)).state, "unusable");
});

test("doctor does not wait forever for one that accepts connections and does not answer", async () => {
  await using place = await TestFolder.open();
  const mute = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => mute.listen(place.control, resolve));
  try {
    const { code, report } = await reportOf(place);
    assert.equal(report.control.state, "unusable");
    assert.equal(code, 1);
  } finally {
    await new Promise((resolve) => mute.close(resolve));
  }
});

test("doctor reports of every source where it works and why not elsewhere", async () => {
  await using place = await TestFolder.open();
  await place.write("bound.yaml", BOUND);
  await place.write("echo.yaml", ECHO);
  const { report } = await reportOf(place, "echo.yaml", "bound.yaml");
  const [echo, bound] = report.sources;
  assert.deepEqual(echo.topologies, ["echo"]);
  assert.ok(echo.runtimes.every(({ works }: { works: boolean }) => works));
  const verdicts = Object.fromEntries(
    bound.runtimes.map((one: { runtime: string; works: boolean }) => [one.runtime, one.works]),
  );
  assert.equal(verdicts.deno, false);
  assert.equal(verdicts.posix, true);
  const [problem] = bound.runtimes[0].diagnostics;
  assert.equal(problem.code, "unsupported-message");
  assert.equal(problem.line, 3);
});

test("doctor ends 65 for what the default runtime cannot, and names one that can", async () => {
  await using place = await TestFolder.open();
  await place.write("packets.yaml", SEQPACKET);
  const { code, stdout, stderr } = await run(place, "packets.yaml");
  assert.equal(code, 65);
  assert.match(stderr, /packets\.yaml:3:\d+ error\[/);
  assert.match(stdout, new RegExp(`does not work on runtime "${HOST}"`));
  assert.match(stdout, /posix" does/);
  assert.doesNotMatch(stdout, new RegExp(`"${OTHER}" does(?! not)`));
});

test("doctor ends 65 for what is wrong everywhere", async () => {
  await using place = await TestFolder.open();
  await place.write("bad.yaml", "nodes: { a: { type: ksoket } }");
  const { code, report } = await reportOf(place, "bad.yaml");
  assert.equal(code, 65);
  assert.ok(report.findings.some(({ message }: { message: string }) => /works on no runtime/.test(message)));
});

test("examineSources() finds the ports that may not be bound", async () => {
  await using place = await TestFolder.open();
  await place.write("low.yaml", ECHO.replace(":0", ":80"));
  const sources = [join(place.folder, "low.yaml")];
  const free = { find: (all: readonly unknown[]) => Promise.resolve(all.map(() => [])) };
  const runtime = { ...await detectRuntime(), addresses: free };
  const sockets = { offered: runtime.socketRuntimes, chosen: HOST, support: socketSupport() } as const;
  const examine = async (rights: { firstFreePort: number | null; privilegedPorts: boolean | null }) => {
    const known = { ...rights, openFiles: null, connections: null };
    return (await examineSources(sources, { runtime, sockets, rights: known, enginePid: null })).findings;
  };
  const [problem] = await examine({ firstFreePort: 1024, privilegedPorts: false });
  assert.equal(problem?.severity, "problem");
  assert.match(problem?.message ?? "", /"low\/front".*127\.0\.0\.1:80/);
  assert.deepEqual(await examine({ firstFreePort: 80, privilegedPorts: false }), []);
  assert.deepEqual(await examine({ firstFreePort: 1024, privilegedPorts: true }), []);
  assert.deepEqual(await examine({ firstFreePort: null, privilegedPorts: null }), []);
});

test("doctor names the process that uses an address", { skip: LINUX_ONLY }, async () => {
  await using place = await TestFolder.open();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = Object(other.address());
    await place.write("used.yaml", ECHO.replace(":0", `:${port}`));
    const { code, report } = await reportOf(place, "used.yaml");
    assert.equal(code, 1);
    const [{ severity, message }] = report.findings;
    assert.equal(severity, "problem");
    const said =
      `Cannot bind "used/front" to inet/127.0.0.1:${port}: address is already in use by pid ${process.pid} (`;
    assert.ok(message.startsWith(said), message);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test("examineSources() passes over addresses that the engine itself has", async () => {
  await using place = await TestFolder.open();
  await place.write("own.yaml", ECHO.replace(":0", ":7007"));
  const users = [{ pid: 4711, name: "deno", uid: 0 }];
  const runtime = { ...await detectRuntime(), addresses: { find: () => Promise.resolve([users]) } };
  const sockets = { offered: runtime.socketRuntimes, chosen: HOST, support: socketSupport() } as const;
  const rights = { firstFreePort: null, privilegedPorts: null, openFiles: null, connections: null };
  const findings = async (enginePid: number | null) => {
    return (await examineSources([join(place.folder, "own.yaml")], { runtime, sockets, rights, enginePid })).findings;
  };
  assert.deepEqual(await findings(4711), []);
  const message = 'Cannot bind "own/front" to inet/127.0.0.1:7007: address is already in use by pid 4711 (deno)';
  assert.deepEqual(await findings(null), [{ severity: "problem", message }]);
});

const LIMITS = "Max open files            1024                 unlimited            files     \n";

test("parseProcessRights() reads limits, capabilities and ports", () => {
  const text = `${LIMITS}Name:\tdeno\nCapEff:\t0000000000000400\n\n80\n`;
  assert.deepEqual(parseProcessRights(text), {
    firstFreePort: 80,
    privilegedPorts: true,
    openFiles: { soft: 1024, hard: Infinity },
  });
  assert.equal(parseProcessRights("CapEff:\t000001fffefffbff").privilegedPorts, false);
});

test("parseProcessRights() leaves unknown what is not said", () => {
  assert.deepEqual(parseProcessRights(""), { firstFreePort: null, privilegedPorts: null, openFiles: null });
});

test("doctor names what keeps a unix socket from being bound", async () => {
  await using place = await TestFolder.open();
  await place.write("plain", "");
  const node = (path: string) =>
    `{ type: ksocket, hook: local/stream/0, messages: [bind: ${
      JSON.stringify(`local/"${join(place.folder, path)}"`)
    }, listen: 1, accept: { peer: e }] }`;
  await place.write("u.yaml", `nodes:\n  a: ${node("plain")}\n  b: ${node("none/s")}\n  e: { type: echo }\n`);
  const { code, stdout } = await run(place, "u.yaml", "-o", "json");
  const { findings } = JSON.parse(stdout);
  assert.equal(code, 1);
  const messages = findings.map(({ message }: { message: string }) => message);
  assert.match(messages[0], /^Cannot bind "u\/a" to local\/"[^"]*\/plain": there is a file/);
  assert.match(messages[1], /^Cannot bind "u\/b" to local\/"[^"]*\/none\/s": folder "[^"]*\/none" does not exist$/);
});
