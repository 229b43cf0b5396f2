import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { busNode, link, sockNode, web } from "../fake_types.ts";
import { World } from "../world.ts";

const desired = web([sockNode("front", ['bind "80"', "setconfig { b=1 }"]), sockNode("c"), busNode("bus")], {
  links: [link("c:inet/stream/tcp", "bus")],
  description: "A test",
});

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  try {
    await world.reconciler.apply(desired, { selfHeal: true });
    await world.rest();
    world.log.length = 0;
    await body(world);
  } finally {
    await world.close();
  }
}

const MANUAL_CHANGES: readonly [what: string, path: string, command: string, argument: string | null][] = [
  ["a setting", "web/front:", "setconfig", "{ b=7 }"],
  ["a setting more", "web/front:", "setconfig", "{ a=7 }"],
  ["a node's end", "web/front:", "shutdown", null],
  ["a node more", "web/:", "mkpeer", '{ type="bus" ourhook="more" }'],
  ["a name", "web/front:", "name", '{ name="other" }'],
  ["a link's end", "web/bus:", "rmhook", '{ hook="link0" }'],
  ["a description", "web/:", "setdescription", '"Another"'],
];

for (const [what, path, command, argument] of MANUAL_CHANGES) {
  test(`Reconciler reverts ${what} sent manually, under the same generation, with self-heal`, () =>
    inWorld(async (world) => {
      await world.port.send(path, command, argument);
      assert.equal((await world.reconciler.status("web")).sync, "OutOfSync");
      await world.pass(1_000);
      const status = await world.reconciler.status("web");
      assert.equal(status.sync, "Synced");
      assert.equal(status.health, "Healthy");
      assert.equal(status.generation, 1);
      assert.deepEqual(await world.reconciler.export("web"), desired);
      const healed = world.events.filter((event) => event.kind === "drift-reverted");
      assert.equal(healed.length, 1);
      await world.pass(120_000);
      assert.equal(world.clock.pending, 0);
    }));
}

test("Reconciler tries again later to take back what it could not", () =>
  inWorld(async (world) => {
    world.faults.set("bind 80", "EACCES");
    await world.port.send("web/front:", "shutdown", null);
    await world.pass(1_000);
    assert.equal((await world.reconciler.status("web")).health, "Degraded");
    world.faults.clear();
    await world.reconciler.reconcile("web");
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler keeps manual changes while it is suspended, and when the next apply requests that", () =>
  inWorld(async (world) => {
    world.reconciler.suspend("web");
    await world.port.send("web/front:", "setconfig", "{ b=7 }");
    await world.pass(5_000);
    assert.equal((await world.reconciler.status("web")).sync, "OutOfSync");
    world.reconciler.resume("web");
    await world.rest();
    assert.equal((await world.reconciler.status("web")).sync, "Synced");
    await world.reconciler.apply(desired, { selfHeal: false });
    await world.port.send("web/front:", "setconfig", "{ b=7 }");
    await world.pass(5_000);
    assert.equal((await world.reconciler.status("web")).sync, "OutOfSync");
  }));

test("Reconciler leaves failures to the repair of nodes, with and without self-heal", () =>
  inWorld(async (world) => {
    world.faults.set("bind 80", "EADDRINUSE");
    world.kill("web/front:", "ECONNRESET", "reset");
    await world.pass(0);
    await world.pass(250);
    await world.pass(250);
    const delays = world.events.flatMap((event) => event.kind === "retry-planned" ? [event.delayMs] : []);
    assert.deepEqual(delays, [250, 500]);
  }));

test("Reconciler reports that a declared link is down, and ends a wait for it if nothing repairs it", async () => {
  const world = new World();
  try {
    await world.reconciler.apply(web([busNode("one"), busNode("two")], { links: [link("one", "two")] }));
    await world.rest();
    await world.port.send("web/one:", "rmhook", '{ hook="link0" }');
    const down = await world.reconciler.wait("web");
    assert.deepEqual([down.sync, down.health, down.conditions[0]?.status, down.conditions[0]?.reason], [
      "OutOfSync",
      "Degraded",
      "False",
      "LinkDown",
    ]);
    assert.equal(down.conditions[0]?.message, "Link one - two is down");
    await world.reconciler.reconcile("web");
    const up = await world.reconciler.status("web");
    assert.deepEqual([up.sync, up.health, up.conditions[0]?.status], ["Synced", "Healthy", "True"]);
  } finally {
    await world.close();
  }
});
