/**
 * News for a service manager: what sd_notify(3) wants, as socat hears it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { peer, test } from "../harness.ts";
import { launch, type Running } from "../support/process.ts";
import { type Program, TestFolder } from "../cli/program.ts";

const socat = peer("socat");
const skip = process.platform === "linux" ? socat.skip : "only Linux has such service managers";

const ECHO = "nodes: { e: { type: ksocket, hook: inet/dgram/udp, messages: [bind: inet/127.0.0.1:0] } }\n";
const DEGRADED = `nodes: { e: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:1"] } }\n`;

/** Hears what is sent to a unix datagram socket; returns once it listens. */
async function listener(address: string): Promise<Running> {
  const running = launch(socat.path ?? "socat", ["-d", "-d", "-u", address, "STDOUT"]);
  await running.until(/starting data transfer loop/);
  return running;
}

/** Starts the engine with a NOTIFY_SOCKET. */
function startWith(place: TestFolder, socket: string, ...args: readonly string[]): Program {
  return place.startIn({ NOTIFY_SOCKET: socket }, "apply", "topology.yaml", ...args);
}

/** Only the assignments: socat writes about itself to the same pipe. */
function heard(running: Running): readonly string[] {
  return running.output().split("\n").filter((line) => /^[A-Z]+=/.test(line));
}

test("apply notifies the service manager when it is ready, reloads and stops", { skip }, async () => {
  await using place = await TestFolder.open();
  await place.write("topology.yaml", ECHO);
  const path = join(place.folder, "notify");
  await using manager = await listener(`UNIX-RECV:${path}`);
  const engine = startWith(place, path);
  await manager.until(/READY=1/);
  assert.ok(existsSync(place.control));
  engine.signal("SIGHUP");
  await manager.until(/READY=1[^]*RELOADING=1[^]*READY=1/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
  await manager.until(/STOPPING=1/);
  const states = heard(manager).filter((line) => !line.startsWith("STATUS="));
  assert.deepEqual(states, ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
});

test("apply notifies a service manager with an abstract name", { skip }, async () => {
  await using place = await TestFolder.open();
  await place.write("topology.yaml", ECHO);
  const name = `sockgraph-test-${crypto.randomUUID()}`;
  await using manager = await listener(`ABSTRACT-RECV:${name}`);
  const engine = startWith(place, `@${name}`);
  await manager.until(/READY=1/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply is ready for the service manager although a node is not", { skip }, async () => {
  await using place = await TestFolder.open();
  await place.write("topology.yaml", DEGRADED);
  const path = join(place.folder, "notify");
  await using manager = await listener(`UNIX-RECV:${path}`);
  const engine = startWith(place, path, "--wait=1ms");
  await manager.until(/READY=1\nSTATUS=Not everything/);
  engine.signal("SIGTERM");
  await engine.ended;
});

test("apply continues to run when the service manager cannot be notified", { skip }, async () => {
  await using place = await TestFolder.open();
  await place.write("topology.yaml", ECHO);
  const engine = startWith(place, join(place.folder, "absent"));
  await engine.says(/Cannot notify the service manager/);
  assert.equal((await place.run("wait")).code, 0);
  engine.signal("SIGTERM");
  const { code, stderr } = await engine.ended;
  assert.equal(code, 0);
  assert.equal(stderr.split("Cannot notify").length, 2);
});
