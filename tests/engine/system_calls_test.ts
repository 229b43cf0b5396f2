/**
 * What the kernel is really asked for, as strace sees it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { peer, test } from "../harness.ts";
import { machine } from "../runtimes/posix/subject.ts";
import { withFolder } from "../support/folder.ts";
import { launch, run } from "../support/process.ts";

const strace = peer("strace");
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const TOPOLOGY = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setopt: { SO_KEEPALIVE: 1 }
      - setopt: { SO_REUSEPORT: 1 }
      - bind: inet/127.0.0.1:0
      - listen: 7
`;
/** What the messages ask for, and the two that runtime posix adds to every TCP listener. */
const CALLS = [
  "setsockopt(FD, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
  "setsockopt(FD, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0",
  "setsockopt(FD, SOL_SOCKET, SO_REUSEPORT, [1], 4) = 0",
  "setsockopt(FD, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
  'bind(FD, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
  "listen(FD, 7) = 0",
];

test("A topology on posix asks the kernel for just what its messages say", {
  skip: machine.skip ?? strace.skip ?? await refusal(),
}, () =>
  withFolder(async (folder) => {
    const calls = await traceOf(folder, TOPOLOGY, []);
    const listen = calls.find((call) => /^listen\(\d+, 7\)/.test(call)) ?? "";
    const fd = /^listen\((\d+)/.exec(listen)?.[1] ?? "none";
    const own = calls.filter((call) => call.replace(/^\w+\(/, "").startsWith(`${fd},`));
    const last = own.indexOf(listen) + 1;
    assert.deepEqual(own.slice(Math.max(0, last - CALLS.length), last).map((call) => plain(call, fd)), CALLS);
  }));

/** What two threads ask for, in order: the address is taken alone first, and shared then. */
const SHARED_CALLS = [
  /^bind\(FD, .*htons\(0\).* = 0$/,
  /^listen\(FD, 7\) = 0$/,
  /^setsockopt\(FD, SOL_SOCKET, SO_REUSEPORT, \[1\], 4\) = 0$/,
  /^setsockopt\(FD, SOL_SOCKET, SO_REUSEPORT, \[1\], 4\) = 0$/,
  /^bind\(FD, .*htons\([1-9]\d*\).* = 0$/,
  /^listen\(FD, 7\) = 0$/,
];

test("A topology in two threads shares an address only once it is taken", {
  skip: machine.skip ?? strace.skip ?? await refusal(),
}, () =>
  withFolder(async (folder) => {
    const shared = TOPOLOGY.replace("      - setopt: { SO_REUSEPORT: 1 }\n", "") +
      "      - accept: { connect: inet/127.0.0.1:9 }\n";
    const calls = await traceOf(folder, shared, ["--threads", "2"]);
    const desired = calls.map((call) => call.replace(/^(\w+)\(\d+,/, "$1(FD,").replace(/ +=/, " ="))
      .filter((call) => SHARED_CALLS.some((one) => one.test(call)));
    assert.equal(desired.length, SHARED_CALLS.length, desired.join("\n"));
    for (const [index, call] of desired.entries()) assert.match(call, SHARED_CALLS[index] ?? /none/);
  }));

/** Applies a topology and ends the engine; what was asked of the kernel meanwhile. */
async function traceOf(folder: string, text: string, options: readonly string[]): Promise<readonly string[]> {
  const [file, trace] = [join(folder, "t.yaml"), join(folder, "trace")];
  await writeFile(file, text);
  const host = "Deno" in globalThis ? [process.execPath, "run", "-A", "--no-prompt"] : [process.execPath];
  const control = ["--control", join(folder, "s")];
  const program = [...host, MAIN, "apply", "--runtime", "posix", ...options, ...control, file];
  const flags = ["-f", "-e", "trace=setsockopt,bind,listen", "-e", "signal=none", "-o", trace];
  await using traced = launch(strace.path ?? "", [...flags, ...program]);
  const [, pid] = /pid (\d+)/.exec(await traced.until(/ready +inet\//)) ?? [];
  process.kill(Number(pid), "SIGTERM"); // Not strace itself: it would let the program go, and end alone.
  await traced.stop();
  return (await readFile(trace, "utf8")).split("\n").map((line) => line.replace(/^\d+ +/, ""));
}

function plain(call: string, fd: string): string {
  return call.replace(`(${fd},`, "(FD,").replace(/ +=/, " =");
}

/** Why no process may be traced here, or null. */
async function refusal(): Promise<string | null> {
  if (strace.path === null) return strace.skip;
  const { code } = await run(strace.path, ["-o", "/dev/null", "true"]);
  return code === 0 ? null : "ptrace is not allowed here";
}
