import { strict as assert } from "node:assert";
import { test } from "../harness.ts";
import type { MessageStatus } from "../../src/reconcile/status/status_types.ts";
import { CONNECT_GRACE_MS } from "../../src/reconcile/apply/run.ts";
import { sockNode, web } from "./fake_types.ts";
import { World } from "./world.ts";

const front = sockNode("front", ['bind "80"']);
const up = sockNode("up", ['connect "9"', 'bind "1"']);
const behind = sockNode("behind", ['bind "${up.getname}"']);

/** A world in which address 9 does not answer, and what runs in it. */
async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  world.silent.add("9");
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

async function applied(world: World, desired = web([up, front, behind])): Promise<void> {
  const result = world.reconciler.apply(desired);
  await world.pass(CONNECT_GRACE_MS);
  assert.equal((await result).kind, "applied");
}

async function stateOf(world: World, name: string): Promise<{ state?: string; messages: readonly string[] }> {
  const node = (await world.reconciler.status("web")).nodes.find((one) => one.name === name);
  const messages = node?.messages.map(({ state }: MessageStatus) => state) ?? [];
  return { ...(node === undefined ? {} : { state: node.state }), messages };
}

test("Reconciler.apply() releases all else before a peer has answered, and the rest when it has", () =>
  inWorld(async (world) => {
    await applied(world);
    assert.deepEqual(world.log.filter((line) => line.startsWith("front")), ["front bound 80", "front released"]);
    assert.deepEqual(await stateOf(world, "up"), { state: "starting", messages: ["waiting", "pending"] });
    assert.deepEqual((await stateOf(world, "behind")).state, "starting");
    assert.equal((await world.reconciler.status("web")).sync, "Synced");
    world.answer("9");
    await world.pass(0);
    assert.deepEqual(await stateOf(world, "up"), { state: "ready", messages: ["unverified", "done"] });
    assert.deepEqual(await stateOf(world, "front"), { state: "ready", messages: ["done"] });
    await world.pass(1_000);
    assert.equal((await stateOf(world, "behind")).state, "degraded"); // It gets the address of "up", which is in use.
    assert.equal((await world.reconciler.apply(web([up, front, behind]))).kind, "unchanged");
  }));

test("Reconciler retries a connect that fails after its plan has ended, and reports its recovery", () =>
  inWorld(async (world) => {
    await applied(world, web([up, front]));
    world.answer("9", "ETIMEDOUT");
    await world.pass(0);
    assert.equal((await stateOf(world, "up")).state, "degraded");
    await world.pass(500);
    assert.equal(world.waitingAt("9"), 1);
    world.answer("9");
    await world.pass(0);
    assert.equal((await stateOf(world, "up")).state, "ready");
    const kinds = world.events.map(({ kind }) => kind).filter((kind) => kind !== "applied");
    assert.deepEqual(kinds, ["retry-planned", "retry-started", "recovered"]);
  }));

test("Reconciler.apply(), reconcile() and down() do not wait for a connect in progress", () =>
  inWorld(async (world) => {
    await applied(world, web([up, front]));
    assert.equal(
      (await world.reconciler.apply(web([up, sockNode("front", ['bind "80"', "setconfig { b=1 }"])]))).kind,
      "applied",
    );
    assert.equal(world.waitingAt("9"), 1); // The same one.
    assert.equal((await world.reconciler.reconcile("web")).kind, "unchanged");
    assert.equal((await world.reconciler.apply(web([front]))).kind, "applied");
    assert.equal(world.waitingAt("9"), 0);
    await applied(world, web([up, front]));
    await world.reconciler.down("web");
    assert.equal(world.waitingAt("9"), 0);
    assert.deepEqual(world.events.filter(({ kind }) => kind === "error"), []);
  }));

test("Reconciler repairs a node beside connects in progress", () =>
  inWorld(async (world) => {
    const ups = Array.from({ length: 5 }, (_, index) => sockNode(`up${index}`, ['connect "9"']));
    await applied(world, web([...ups, front]));
    world.answer("9", "ECONNREFUSED");
    await world.pass(500);
    assert.equal(world.waitingAt("9"), 5); // All are retried, and none is answered.
    world.kill("web/front:", "ECONNRESET", "error");
    await world.pass(500);
    assert.equal((await stateOf(world, "front")).state, "ready");
    assert.equal(world.waitingAt("9"), 5);
    world.answer("9");
    await world.pass(0);
    for (const { name } of ups) assert.equal((await stateOf(world, name)).state, "ready");
  }));

test("Reconciler.apply() rolls back a failed change without waiting for a connect in progress", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.faults.set("bind 81", "EACCES");
    const result = await world.reconciler.apply(web([up, sockNode("front", ['bind "81"'])]));
    assert.equal(result.kind, "rolled-back");
    assert.equal(world.waitingAt("9"), 0);
    assert.deepEqual(await stateOf(world, "front"), { state: "ready", messages: ["done"] });
  }));

test("Reconciler asks a query that is added to a node at work", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    const asks = web([sockNode("front", ['bind "80"', "getname"])]);
    assert.equal((await world.reconciler.apply(asks)).kind, "unchanged");
    await world.pass(0);
    assert.deepEqual(await stateOf(world, "front"), { state: "ready", messages: ["done", "done"] });
  }));
