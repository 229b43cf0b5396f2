import assert from "node:assert/strict";
import type { GraphState } from "../../../src/graph/data/state.ts";
import { test } from "../../harness.ts";
import { sockNode, web } from "../fake_types.ts";
import { World } from "../world.ts";

const first = web([sockNode("front", ['bind "80"'])]);
const second = web([sockNode("front", ['bind "81"'])]);
const third = web([sockNode("front", ['bind "82"'])]);
const MINUTE = { confirmMs: 60_000 };

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

async function runs(world: World, desired: GraphState): Promise<void> {
  assert.deepEqual(await world.reconciler.export("web"), desired);
}

function reported(world: World): readonly unknown[] {
  return world.events.flatMap((event) => {
    switch (event.kind) {
      case "awaiting-confirmation":
      case "confirmed":
        return [`${event.kind} ${event.generation}`];
      case "unconfirmed":
        return [`${event.kind} ${event.generation} ${event.result}`];
      default:
        return [];
    }
  });
}

test("Reconciler.apply() rolls back what is not confirmed in time", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    await world.reconciler.apply(second, MINUTE);
    const awaiting = await world.reconciler.status("web");
    assert.equal(awaiting.confirmUntil, "2000-01-01T00:01:00.000Z");
    assert.deepEqual(awaiting.conditions.map(({ status, reason }) => `${status} ${reason}`), [
      "True AllNodesReady",
      "True AwaitingConfirmation",
      "False Progressing",
    ]);
    await world.pass(59_999);
    await runs(world, second);
    await world.pass(1);
    await runs(world, first);
    const reverted = await world.reconciler.status("web");
    assert.equal(reverted.generation, 3);
    assert.equal(reverted.confirmUntil, null);
    assert.equal(reverted.conditions[2]?.reason, "NotConfirmed");
    assert.deepEqual(reported(world), ["awaiting-confirmation 2", "unconfirmed 2 applied"]);
    assert.equal((await world.reconciler.apply(second)).kind, "applied");
  }));

test("Reconciler.confirm() keeps what was changed", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    await world.reconciler.apply(second, MINUTE);
    assert.equal(world.reconciler.confirm("web"), 2);
    assert.throws(() => world.reconciler.confirm("web"), { code: "ENOENT" });
    await world.pass(120_000);
    await runs(world, second);
    assert.equal((await world.reconciler.status("web")).confirmUntil, null);
    assert.deepEqual(reported(world), ["awaiting-confirmation 2", "confirmed 2"]);
    assert.equal(world.clock.pending, 0);
  }));

test("Reconciler.apply() stops a first generation that is not confirmed", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first, MINUTE);
    await world.pass(60_000);
    assert.deepEqual(world.reconciler.names, []);
    assert.deepEqual(await world.port.scopes(), []);
    assert.deepEqual(reported(world), ["awaiting-confirmation 1", "unconfirmed 1 down"]);
  }));

test("Reconciler.apply() is refused while another change awaits its confirmation", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    await world.reconciler.apply(second, MINUTE);
    await assert.rejects(world.reconciler.apply(third), { code: "EBUSY" });
    await assert.rejects(world.reconciler.apply(second), { code: "EBUSY" });
    await runs(world, second);
    await world.pass(60_000);
    await runs(world, first);
  }));

test("Reconciler.apply() that awaits a confirmation too restarts the time, and rolls back as far", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    await world.reconciler.apply(second, MINUTE);
    await world.pass(50_000);
    await world.reconciler.apply(third, MINUTE);
    await world.pass(50_000);
    await runs(world, third);
    await world.pass(10_000);
    await runs(world, first);
  }));

test("Reconciler.apply() lets nothing await a confirmation that changes nothing or fails", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    assert.equal((await world.reconciler.apply(first, MINUTE)).kind, "unchanged");
    world.faults.set("bind 81", "EACCES");
    assert.equal((await world.reconciler.apply(second, MINUTE)).kind, "rolled-back");
    assert.equal((await world.reconciler.status("web")).confirmUntil, null);
    assert.equal(world.clock.pending, 0);
  }));

test("Reconciler.rollback() and down() end the wait, reconcile() and adopt() do not", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    await world.reconciler.apply(second, MINUTE);
    await world.reconciler.reconcile("web");
    await world.port.send("web/front:", "setconfig", "{ a=1 }");
    await world.reconciler.adopt("web");
    assert.notEqual((await world.reconciler.status("web")).confirmUntil, null);
    await world.reconciler.rollback("web", 1);
    assert.equal((await world.reconciler.status("web")).confirmUntil, null);
    assert.equal(world.clock.pending, 0);
    await world.reconciler.apply(second, MINUTE);
    await world.reconciler.down("web");
    assert.equal(world.clock.pending, 0);
  }));

test("Reconciler.apply() goes on trying to go back where that fails", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    await world.reconciler.apply(second, MINUTE);
    world.faults.set("bind 80", "EACCES");
    await world.pass(60_000);
    const failed = await world.reconciler.status("web");
    assert.equal(failed.conditions[2]?.reason, "GoingBackFailed");
    await runs(world, second);
    world.faults.clear();
    await world.pass(250);
    await runs(world, first);
    assert.deepEqual(reported(world), [
      "awaiting-confirmation 2",
      "unconfirmed 2 rolled-back",
      "unconfirmed 2 applied",
    ]);
  }));

test("Reconciler.confirm() is in time while another task is in progress", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(first);
    await world.reconciler.apply(second, MINUTE);
    world.clock.advance(60_000);
    world.reconciler.confirm("web");
    await world.pass(0);
    await runs(world, second);
  }));
