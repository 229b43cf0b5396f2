/**
 * The big session: connections through a forwarder go on, whole and in order, while the upstream in its file changes
 * again and again under `--watch`, and new connections go to the new one.
 *
 * `SOCKGRAPH_SESSION=full` makes it 1,000 connections and 100 changes, and holds memory to what it was before: on Deno
 * before the first change ever, on Bun before the last hundred of 120 (see `REHEARSALS`);
 * `SOCKGRAPH_SESSION_RUNTIME` names another socket runtime than the one that runs the tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { PERMISSIONS, TestFolder } from "../cli/program.ts";
import { test } from "../harness.ts";
import { Crowd, Upstream } from "./session_crowd.ts";

const FULL = process.env["SOCKGRAPH_SESSION"] === "full";
const SOCKETS = process.env["SOCKGRAPH_SESSION_RUNTIME"];
const RUNTIME = SOCKETS === undefined ? [] : ["--runtime", SOCKETS];
const RIGHTS = SOCKETS === "posix" ? [...PERMISSIONS, "--allow-ffi"] : PERMISSIONS;
const CONNECTIONS = FULL ? 1_000 : 200;
const CHANGES = FULL ? 100 : 20;
/** How much of the crowd comes at once: no more than fit a listener's backlog. */
const AT_ONCE = 50;
/** A test runner keeps what a test writes to its own streams to itself. */
const REPORT = "/dev/stderr";
const WARM_UP_MS = 30_000;
/**
 * Changes before those that count. The first ones make the code of changing hot, and Bun keeps what it compiles: 4 MiB
 * of code, as much beside it, and what the compilers leave behind, once for all, with 50 connections as with 1,000. V8
 * takes less than 2 MiB for it, and is measured from the first change on.
 */
const REHEARSALS = FULL && "Bun" in globalThis ? 20 : 0;
const MEMORY_AFTER_MS = 60_000;
const MAX_GROWTH_KIB = 16 * 1_024;

function forwarder(upstream: Upstream): string {
  return `
name: forward
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/127.0.0.1:0
      - listen: 1024
      - accept: { connect: "${upstream.address}" }
`;
}

test(`apply --watch changes the upstream ${CHANGES} times under ${CONNECTIONS} connections, and closes none`, {
  timeoutMs: 900_000,
}, async () => {
  await using place = await TestFolder.open();
  await using a = await Upstream.open("a");
  await using b = await Upstream.open("b");
  const file = join(place.folder, "forward.yaml");
  await writeFile(file, forwarder(a));
  const engine = place.startWith(RIGHTS, "apply", "--watch", ...RUNTIME, "forward.yaml");
  await engine.says(/generation 1 is Ready/);
  const { pid, port } = await engineOf(place);
  await using crowd = new Crowd(port);
  for (let count = 0; count < CONNECTIONS; count += AT_ONCE) {
    const letters = await Promise.all(Array.from({ length: AT_ONCE }, () => crowd.add()));
    assert.ok(letters.every((letter) => letter === "a"));
  }
  // What flows makes buffers grow and code hot: that is no matter of the changes.
  if (FULL) await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  const cold = residentKib(pid);
  let before = cold;
  for (let change = 1; change <= REHEARSALS + CHANGES; change++) {
    const [upstream, letter] = change % 2 === 0 ? [a, "a"] as const : [b, "b"] as const;
    await writeFile(`${file}.new`, forwarder(upstream));
    await rename(`${file}.new`, file);
    await engine.says(new RegExp(`generation ${change + 1} is Ready`));
    assert.equal(await crowd.add(), letter, `after change ${change}`);
    assert.deepEqual(crowd.failures, []);
    if (change === REHEARSALS) before = residentKib(pid);
  }
  if (FULL) await compareMemory(pid, { cold, before });
  const all = CONNECTIONS + REHEARSALS + CHANGES;
  assert.equal((await engineOf(place)).active, all);
  await crowd.finish();
  assert.deepEqual(crowd.failures, []);
  assert.equal(crowd.traffic.connections, all);
  if (FULL) appendFileSync(REPORT, `${crowd.traffic.octets} octets went round on ${all} connections\n`);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

async function engineOf(place: TestFolder): Promise<{ readonly pid: number; readonly port: number; active: number }> {
  const { engine, topologies } = JSON.parse((await place.call("status", "-o", "json")).stdout);
  const [{ nodes: [front] }] = topologies;
  return {
    pid: engine.pid,
    port: Number(/:(\d+)$/.exec(front.local)?.[1]),
    active: front.connections.active,
  };
}

async function compareMemory(pid: number, { cold, before }: { cold: number; before: number }): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, MEMORY_AFTER_MS));
  const after = residentKib(pid);
  appendFileSync(REPORT, `Memory of the engine: ${cold} KiB cold, ${before} KiB before, ${after} KiB after\n`);
  assert.ok(after - before <= MAX_GROWTH_KIB, `${before} KiB before, ${after} KiB after`);
}

function residentKib(pid: number): number {
  if (process.platform !== "linux") return 0;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
