/**
 * Who serves the control socket.
 *
 * @module
 */

import assert from "node:assert/strict";
import { claimControlSocket, type ControlSeat } from "../../src/engine/control_socket.ts";
import { NetgraphError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { test } from "../harness.ts";
import { FakeMachine } from "./fake_machine.ts";

const PLACE = { path: "/run/s.sock", ownDirectory: null };
const OWN = { path: "/tmp/sockgraph-1000/s.sock", ownDirectory: "/tmp/sockgraph-1000" };
const handle = () => Promise.resolve(new Response("ok"));

async function seatOf(machine: FakeMachine): Promise<ControlSeat> {
  const claim = await claimControlSocket(machine.process(), PLACE);
  assert.equal(claim.kind, "ours");
  if (claim.kind !== "ours") throw new Error("unreachable");
  await claim.seat.serve(handle);
  return claim.seat;
}

test("claimControlSocket() finds the engine that runs", async () => {
  const machine = new FakeMachine();
  await using _seat = await seatOf(machine);
  assert.deepEqual(await claimControlSocket(machine.process(), PLACE), { kind: "taken" });
});

test("ControlSeat leaves neither path nor lock when it is released", async () => {
  const machine = new FakeMachine();
  const seat = await seatOf(machine);
  await seat[Symbol.asyncDispose]();
  await seat[Symbol.asyncDispose]();
  assert.equal(machine.paths.has(PLACE.path), false);
  assert.equal(machine.locks.size, 0);
});

test("ControlSeat replaces the socket that a killed engine left", async () => {
  const machine = new FakeMachine();
  await seatOf(machine);
  machine.kill(PLACE.path);
  assert.equal(machine.paths.has(PLACE.path), true);
  await using _seat = await seatOf(machine);
  assert.equal(machine.servers.size, 1);
});

test("ControlSeat.serve() never removes what is no socket", async () => {
  const machine = new FakeMachine();
  machine.paths.set(PLACE.path, { kind: "file", bytes: 3, uid: 1000, mode: 0o644 });
  await assert.rejects(seatOf(machine), { code: "EEXIST" });
  assert.equal(machine.paths.get(PLACE.path)?.kind, "file");
});

test("claimControlSocket() lets exactly one of many serve, on a stale socket too", async () => {
  for (const stale of [false, true]) {
    const machine = new FakeMachine();
    if (stale) machine.paths.set(PLACE.path, { kind: "socket", bytes: 0, uid: 1000, mode: 0o600 });
    const seats: ControlSeat[] = [];
    const kinds = await Promise.all(Array.from({ length: 20 }, async () => {
      const claim = await claimControlSocket(machine.process(), PLACE);
      if (claim.kind === "ours") {
        await claim.seat.serve(handle);
        seats.push(claim.seat);
      }
      return claim.kind;
    }));
    assert.equal(kinds.filter((kind) => kind === "ours").length, 1);
    assert.equal(machine.servers.size, 1);
    for (const seat of seats) await seat[Symbol.asyncDispose]();
  }
});

test("claimControlSocket() waits for an engine that ends, and takes its place", async () => {
  const machine = new FakeMachine();
  const seat = await seatOf(machine);
  await seat.close(); // The path is gone, the lock is still held.
  const next = claimControlSocket(machine.process(), PLACE);
  await seat[Symbol.asyncDispose]();
  const claim = await next;
  assert.equal(claim.kind, "ours");
  if (claim.kind === "ours") await claim.seat[Symbol.asyncDispose]();
});

test("claimControlSocket() makes a folder of the user's own", async () => {
  const machine = new FakeMachine();
  const claim = await claimControlSocket(machine.process(), OWN);
  assert.deepEqual(machine.paths.get(OWN.ownDirectory), { kind: "directory", bytes: 0, uid: 1000, mode: 0o700 });
  if (claim.kind === "ours") await claim.seat[Symbol.asyncDispose]();
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
  machine.refusal = new NetgraphError("ECONNRESET", "the exchange broke off");
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
