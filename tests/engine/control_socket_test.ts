/**
 * Who serves the control socket.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Clock } from "../../src/clock.ts";
import { claimControlSocket, type ControlSocketLease } from "../../src/engine/control_socket.ts";
import { NetgraphError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { test } from "../harness.ts";
import { FakeMachine } from "./fake_machine.ts";

const PLACE = { path: "/run/s.sock", ownDirectory: null };
const OWN = { path: "/tmp/sockgraph-1000/s.sock", ownDirectory: "/tmp/sockgraph-1000" };
const handle = () => Promise.resolve(new Response("ok"));

async function leaseOf(machine: FakeMachine, clock?: Clock, notify?: (error: NetgraphError | null) => void) {
  const claim = await claimControlSocket(machine.process(1000, clock), PLACE);
  assert.equal(claim.kind, "ours");
  if (claim.kind !== "ours") throw new Error("unreachable");
  await claim.lease.serve(handle, notify);
  return claim.lease;
}

test("claimControlSocket() finds the engine that runs", async () => {
  const machine = new FakeMachine();
  await using _lease = await leaseOf(machine);
  assert.deepEqual(await claimControlSocket(machine.process(), PLACE), { kind: "taken" });
});

test("ControlSocketLease leaves neither path nor lock when it is released", async () => {
  const machine = new FakeMachine();
  const lease = await leaseOf(machine);
  await lease[Symbol.asyncDispose]();
  await lease[Symbol.asyncDispose]();
  assert.equal(machine.paths.has(PLACE.path), false);
  assert.equal(machine.locks.size, 0);
});

test("ControlSocketLease replaces the socket that a killed engine left", async () => {
  const machine = new FakeMachine();
  await leaseOf(machine, new VirtualClock());
  machine.kill(PLACE.path);
  assert.equal(machine.paths.has(PLACE.path), true);
  await using _lease = await leaseOf(machine);
  assert.equal(machine.servers.size, 1);
});

test("ControlSocketLease.serve() never removes what is no socket", async () => {
  const machine = new FakeMachine();
  machine.paths.set(PLACE.path, { kind: "file", bytes: 3, uid: 1000, mode: 0o644 });
  await assert.rejects(leaseOf(machine), { code: "EEXIST" });
  assert.equal(machine.paths.get(PLACE.path)?.kind, "file");
});

test("claimControlSocket() lets exactly one of many serve, on a stale socket too", async () => {
  for (const stale of [false, true]) {
    const machine = new FakeMachine();
    if (stale) machine.paths.set(PLACE.path, { kind: "socket", bytes: 0, uid: 1000, mode: 0o600 });
    const leases: ControlSocketLease[] = [];
    const kinds = await Promise.all(Array.from({ length: 20 }, async () => {
      const claim = await claimControlSocket(machine.process(), PLACE);
      if (claim.kind === "ours") {
        await claim.lease.serve(handle);
        leases.push(claim.lease);
      }
      return claim.kind;
    }));
    assert.equal(kinds.filter((kind) => kind === "ours").length, 1);
    assert.equal(machine.servers.size, 1);
    for (const lease of leases) await lease[Symbol.asyncDispose]();
  }
});

/** Lets a second pass, and everything that comes of it. */
async function nextCheck(clock: VirtualClock): Promise<void> {
  clock.advance(1_000);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

test("ControlSocketLease serves again after its path was removed, with the lock's file or without", async () => {
  const machine = new FakeMachine();
  const clock = new VirtualClock();
  const notified: (string | null)[] = [];
  await using lease = await leaseOf(machine, clock, (error) => notified.push(error?.code ?? null));
  await nextCheck(clock);
  assert.deepEqual(notified, []);
  for (const lost of [[PLACE.path], [PLACE.path, `${PLACE.path}.lock`]]) {
    for (const path of lost) machine.paths.delete(path);
    for (const path of lost) machine.locks.delete(path);
    machine.servers.clear();
    await nextCheck(clock);
    assert.deepEqual(await claimControlSocket(machine.process(), PLACE), { kind: "taken" });
    assert.deepEqual([...machine.locks], [`${PLACE.path}.lock`]);
  }
  assert.deepEqual(notified, [null, null]);
  await lease[Symbol.asyncDispose]();
  assert.equal(machine.locks.size, 0);
  await nextCheck(clock);
  assert.equal(machine.servers.size, 0);
});

test("ControlSocketLease leaves alone what others have put at its path, and reports once why it cannot serve", async () => {
  const machine = new FakeMachine();
  const clock = new VirtualClock();
  const notified: (string | null)[] = [];
  await using _lease = await leaseOf(machine, clock, (error) => notified.push(error?.code ?? null));
  const other = { kind: "file", bytes: 3, uid: 1000, mode: 0o644 } as const;
  machine.paths.set(PLACE.path, other);
  await nextCheck(clock);
  assert.equal(machine.paths.get(PLACE.path), other);
  machine.paths.delete(PLACE.path);
  machine.refusal = new NetgraphError("EACCES", "Permission denied");
  await nextCheck(clock);
  await nextCheck(clock);
  machine.refusal = null;
  await nextCheck(clock);
  assert.deepEqual(notified, ["EACCES", null]);
});

test("claimControlSocket() waits for an engine that ends, and takes its place", async () => {
  const machine = new FakeMachine();
  const lease = await leaseOf(machine);
  await lease.close(); // The path is gone, the lock is still held.
  const next = claimControlSocket(machine.process(), PLACE);
  await lease[Symbol.asyncDispose]();
  const claim = await next;
  assert.equal(claim.kind, "ours");
  if (claim.kind === "ours") await claim.lease[Symbol.asyncDispose]();
});

test("claimControlSocket() makes a folder of the user's own", async () => {
  const machine = new FakeMachine();
  const claim = await claimControlSocket(machine.process(), OWN);
  assert.deepEqual(machine.paths.get(OWN.ownDirectory), { kind: "directory", bytes: 0, uid: 1000, mode: 0o700 });
  if (claim.kind === "ours") await claim.lease[Symbol.asyncDispose]();
});

const UNSAFE = [
  { kind: "directory", bytes: 0, uid: 1001, mode: 0o700 },
  { kind: "directory", bytes: 0, uid: 1000, mode: 0o770 },
  { kind: "file", bytes: 0, uid: 1000, mode: 0o700 },
] as const;

for (const fact of UNSAFE) {
  test(`claimControlSocket() refuses a ${fact.kind} of ${fact.uid} with mode ${fact.mode.toString(8)}`, async () => {
    const machine = new FakeMachine();
    machine.paths.set(OWN.ownDirectory, fact);
    await assert.rejects(claimControlSocket(machine.process(), OWN), { code: "EACCES" });
  });
}

test("claimControlSocket() passes on that the socket is another user's, and frees the lock", async () => {
  const machine = new FakeMachine();
  machine.refusal = new NetgraphError("EACCES", "Permission denied");
  await assert.rejects(claimControlSocket(machine.process(), PLACE), { code: "EACCES" });
  assert.equal(machine.locks.size, 0);
});

test("claimControlSocket() leaves a socket alone on which another program answers, and frees the lock", async () => {
  const machine = new FakeMachine();
  machine.paths.set(PLACE.path, { kind: "socket", bytes: 0, uid: 1000, mode: 0o600 });
  machine.refusal = new NetgraphError("ECONNRESET", "the connection ended early");
  const clock = new VirtualClock();
  let over = false;
  const claim = claimControlSocket({ ...machine.process(), clock }, PLACE).finally(() => over = true);
  const refused = assert.rejects(claim, { code: "EEXIST" });
  while (!over) {
    clock.advance(100);
    await Promise.resolve();
  }
  await refused;
  assert.ok(clock.now() >= 1_000);
  assert.equal(machine.paths.get(PLACE.path)?.kind, "socket");
  assert.equal(machine.locks.size, 0);
});
