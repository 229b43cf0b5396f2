import { strict as assert } from "node:assert";
import { emptyState, type GraphState, type NodeState } from "../../src/graph/data/state.ts";
import type { TopologyChange } from "../../src/reconcile/loop/changer.ts";
import { test } from "../harness.ts";
import { sockNode, web } from "./fake_types.ts";
import { World } from "./world.ts";

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

const SOURCE = { kind: "file", location: "/d/a.yaml", revision: null };
const at = (place: string): NodeState => sockNode("front", [`bind "${place}"`]);
const topology = (name: string, nodes: readonly NodeState[]): GraphState => ({ ...web(nodes), name });
const on = (places: Readonly<Record<string, string>>): readonly TopologyChange[] => {
  return Object.entries(places).map(([name, place]) => ({ state: topology(name, [at(place)]), source: SOURCE }));
};
const gone = (name: string): TopologyChange => {
  return { state: emptyState(name), source: SOURCE, removesFrom: SOURCE.location };
};

async function applied(world: World, changes: readonly TopologyChange[], how: Partial<TopologyChange> = {}) {
  const results = await world.reconciler.applyTogether(changes.map((change) => ({ ...change, ...how })));
  return results.map(({ kind }) => kind);
}

/** Who has which address. */
function holders(world: World): Readonly<Record<string, string>> {
  return Object.fromEntries([...world.bound].map(([place, node]) => [place, node.path]).sort());
}

const MOVES: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
  ["what another gives up", { a: "1", b: "2" }, { a: "2", b: "3" }],
  ["what another gives up that comes later", { a: "1", b: "2" }, { b: "1", a: "3" }],
  ["two swap", { a: "1", b: "2" }, { a: "2", b: "1" }],
  ["three rotate", { a: "1", b: "2", c: "3" }, { a: "2", b: "3", c: "1" }],
  ["a new one takes", { a: "1" }, { n: "1", a: "2" }],
];

for (const [what, before, after] of MOVES) {
  test(`Reconciler.applyTogether() moves addresses in one change: ${what}`, () =>
    inWorld(async (world) => {
      await applied(world, on(before));
      assert.ok((await applied(world, on(after))).every((kind) => kind === "applied"));
      for (const [name, place] of Object.entries(after)) assert.equal(holders(world)[place], `${name}/front`);
      assert.equal(world.bound.size, Object.keys(after).length);
    }));

  test(`Reconciler.applyTogether() rolls back everything when one fails: ${what}`, () =>
    inWorld(async (world) => {
      await applied(world, on(before));
      const then = holders(world);
      world.faults.set("bind 9", "EACCES");
      const results = await world.reconciler.applyTogether([...on(after), ...on({ z: "9" })]);
      assert.ok(results.every(({ kind }) => kind === "rolled-back"));
      assert.deepEqual(holders(world), then);
      assert.deepEqual([...world.reconciler.names].sort(), Object.keys(before).sort());
      const { conditions, generation } = await world.reconciler.status("a");
      assert.equal(generation, 1);
      assert.match(conditions.find(({ type }) => type === "Stalled")?.message ?? "", /"z"/);
      assert.ok((await applied(world, on(after))).every((kind) => kind === "applied"));
    }));
}

test("Reconciler.applyTogether() gives a renamed topology what the removed one had, and brings it back", () =>
  inWorld(async (world) => {
    await applied(world, on({ old: "1", other: "2" }));
    world.faults.set("bind 9", "EACCES");
    await applied(world, [...on({ new: "1", z: "9" }), gone("old")]);
    assert.deepEqual(holders(world), { 1: "old/front", 2: "other/front" });
    world.faults.clear();
    assert.deepEqual(await applied(world, [...on({ new: "1" }), gone("old")]), ["applied", "applied"]);
    assert.deepEqual(holders(world), { 1: "new/front", 2: "other/front" });
    assert.deepEqual(world.reconciler.names, ["other", "new"]);
    assert.equal(await world.port.snapshot("old"), null);
  }));

test("Reconciler.applyTogether() does not remove what another source has taken over", () =>
  inWorld(async (world) => {
    await applied(world, on({ a: "1", b: "2" }));
    const elsewhere = { ...SOURCE, location: "/elsewhere.yaml" };
    await applied(world, on({ b: "2" }), { source: elsewhere });
    await applied(world, [...on({ a: "1" }), gone("b")]);
    assert.deepEqual(world.reconciler.names, ["a", "b"]);
  }));

test("Planner.planTogether() reports where an address goes", () =>
  inWorld(async (world) => {
    await applied(world, on({ a: "1", b: "2" }));
    const plans = await world.reconciler.planner.planTogether(on({ a: "2", b: "1" }), { pinned: false });
    const causes = plans.map(({ plan }) => plan.steps.find(({ command }) => command === "shutdown")?.cause);
    assert.deepEqual(causes.map((cause) => cause?.replace(/^.*, /, "")), [
      '"b/front" gets its address',
      '"a/front" gets its address',
    ]);
  }));

test("Reconciler.apply() names the node of another topology that has an address", () =>
  inWorld(async (world) => {
    await applied(world, on({ a: "1", b: "2" }));
    const result = await world.reconciler.apply(topology("a", [at("2")]));
    assert.ok(result.kind === "rolled-back");
    assert.match(result.error.message, / by "b\/front"$/);
    const { conditions } = await world.reconciler.status("a");
    assert.match(conditions.find(({ type }) => type === "Stalled")?.message ?? "", / by "b\/front"$/);
  }));

const MINUTE = { confirmMs: 60_000 };

test("Reconciler.applyTogether() rolls back all of a change that is not confirmed, also removals", () =>
  inWorld(async (world) => {
    await applied(world, on({ a: "1", b: "2", c: "3" }));
    const then = holders(world);
    const change = [...on({ a: "2", b: "1", n: "3" }), gone("c")];
    assert.ok((await applied(world, change, MINUTE)).every((kind) => kind === "applied"));
    assert.deepEqual(holders(world), { 1: "b/front", 2: "a/front", 3: "n/front" });
    assert.deepEqual(world.reconciler.desired.map(({ awaits }) => awaits), [true, true, true, true]);
    await world.pass(60_000);
    assert.deepEqual(holders(world), then);
    assert.deepEqual(world.reconciler.names, ["a", "b", "c"]);
    const results = world.reconciler.history("a").map(({ result }) => result);
    assert.deepEqual(results, ["applied", "unconfirmed", "applied"]);
    await world.reconciler.rollback("a", null);
    assert.equal(holders(world)["1"], "a/front");
  }));

test("Reconciler.confirm() removes permanently what the change had removed", () =>
  inWorld(async (world) => {
    await applied(world, on({ a: "1", b: "2" }));
    await applied(world, [...on({ a: "2" }), gone("b")], MINUTE);
    world.reconciler.confirm("b");
    world.reconciler.confirm("a");
    await world.pass(60_000);
    assert.deepEqual(world.reconciler.names, ["a"]);
    assert.deepEqual(holders(world), { 2: "a/front" });
    assert.deepEqual(world.reconciler.history("a").map(({ result }) => result), ["applied", "applied"]);
    assert.equal(world.events.filter(({ kind }) => kind === "confirmed").length, 2);
  }));

test("Reconciler reports that a change was applied only when it is known that it awaits its confirmation", async () => {
  const world = new World();
  const awaited: boolean[] = [];
  world.onEvent = ({ kind }) => {
    if (kind === "applied") awaited.push(...world.reconciler.desired.map(({ awaits }) => awaits));
  };
  await applied(world, on({ a: "1" }));
  await applied(world, on({ a: "2" }), MINUTE);
  assert.deepEqual(awaited, [false, true]);
  await world.close();
});
