import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "../../harness.ts";
import type { TemplateState } from "../../../src/graph/data/state.ts";
import type { GraphState } from "../../../src/graph/data/state.ts";
import type { ConnectionTable } from "../../../src/reconcile/plan/connections.ts";
import { planChanges, type PlanOptions } from "../../../src/reconcile/plan/plan.ts";
import { formatPlan, planToJson } from "../../../src/reconcile/plan/plan_text.ts";
import { busNode, FAKE_TYPES, link, sockNode, web } from "../fake_types.ts";

const session: TemplateState = {
  name: "session",
  parameters: [{ name: "to", value: null }],
  entry: { node: "up", hook: "inet/stream/tcp" },
  nodes: [sockNode("up", ['connect "${with.to}"'])],
  links: [],
};

const OPTIONS: PlanOptions = { types: FAKE_TYPES, fromGeneration: 2, toGeneration: 3 };

/** A listener that has accepted so many connections. */
function listens(listener: string, count: number): ConnectionTable[number] {
  return { listener, sharesSocket: false, needs: [], count };
}

/** A connector that is connected. */
function connects(name: string): ConnectionTable[number] {
  return { listener: null, sharesSocket: false, needs: [name], count: 1 };
}

interface Case {
  readonly name: string;
  readonly observed: GraphState;
  readonly desired: GraphState;
  readonly connections?: ConnectionTable;
  /** Nothing runs yet. */
  readonly fresh?: boolean;
}

const CASES: readonly Case[] = [
  {
    name: "example",
    observed: web([
      sockNode("front", ['bind "8080"', "listen 128", 'accept { template="session" max=100 }']),
      sockNode("admin", ['bind "9000"', "listen 128"]),
    ], { templates: [session] }),
    desired: web([
      sockNode("front", ['bind "8080"', "listen 128", 'accept { template="session" max=500 }']),
      sockNode("metrics", ['bind "9464"']),
    ], { templates: [session] }),
    connections: [listens("front", 12), listens("admin", 0)],
  },
  {
    name: "first",
    fresh: true,
    observed: web([]),
    desired: web([
      sockNode("a", ['connect "${b.getname}"'], { restart: "on-failure" }),
      sockNode("b", ['bind "0"', "getname"]),
      busNode("bus"),
      sockNode("c"),
    ], { links: [link("c:inet/stream/tcp", "bus")], templates: [session], description: "All at once" }),
  },
  {
    name: "rebind",
    observed: web([sockNode("front", ['bind "80"', "listen 5"]), sockNode("calm", ['bind "81"'])]),
    desired: web([sockNode("front", ['bind "82"', "listen 5"]), sockNode("calm", ['bind "81"'])]),
    connections: [listens("front", 3)],
  },
  {
    name: "release_before_take",
    observed: web([sockNode("old", ['bind "80"', "listen 5"]), sockNode("far", ['bind "81"'])]),
    desired: web([sockNode("new", ['bind "80"', "listen 6"]), sockNode("other", ['bind "90"', "listen 7"])]),
  },
  {
    name: "rename",
    observed: web([sockNode("old", ['bind "80"']), busNode("hub")], { links: [link("old:inet/stream/tcp", "hub")] }),
    desired: web([sockNode("new", ['bind "80"']), busNode("hub")], { links: [link("new:inet/stream/tcp", "hub")] }),
    connections: [listens("old", 1)],
  },
  {
    name: "link_spreads",
    observed: web([sockNode("a", ['bind "1"']), sockNode("b"), busNode("bus")], {
      links: [link("a:inet/stream/tcp", "bus:x"), link("b:inet/stream/tcp", "bus:y")],
    }),
    desired: web([sockNode("a", ['bind "1"']), sockNode("b"), busNode("bus"), busNode("new")], {
      links: [link("a:inet/stream/tcp", "new"), link("b:inet/stream/tcp", "bus:y"), link("new", "bus:x")],
    }),
    connections: [connects("a")],
  },
  {
    name: "link_moves",
    observed: web([sockNode("a"), busNode("bus"), busNode("other")], {
      links: [link("a:inet/stream/tcp", "bus:x"), link("bus:y", "other:z")],
    }),
    desired: web([sockNode("a"), busNode("bus"), busNode("other")], {
      links: [link("a:inet/stream/tcp", "bus:y"), link("bus:x", "other:z")],
    }),
  },
  {
    name: "neighbour_falls",
    observed: web([sockNode("a", ['bind "1"']), sockNode("b", ['connect "2"'])], {
      links: [link("a:inet/stream/tcp", "b:inet/stream/tcp")],
    }),
    desired: web([sockNode("a", ['bind "3"']), sockNode("b", ['connect "2"'])], {
      links: [link("a:inet/stream/tcp", "b:inet/stream/tcp")],
    }),
    connections: [connects("b")],
  },
  {
    name: "settings",
    observed: web([sockNode("a", ["setconfig { a=1 b=2 }"]), sockNode("b", ["setconfig { b=1 }"])]),
    desired: web([sockNode("a", ["setconfig { b=3 }"], { restart: "never" }), sockNode("b")]),
  },
  {
    name: "template",
    observed: web([sockNode("front", ['accept { template="session" }'])], { templates: [session] }),
    desired: web([sockNode("front", ['accept { template="session" }'])], {
      templates: [{ ...session, parameters: [{ name: "to", value: "inet/x:1" }] }],
    }),
    connections: [listens("front", 7)],
  },
];

for (const { name, observed, desired, connections, fresh = false } of CASES) {
  test(`planChanges() plans ${name} as written down`, () => {
    const plan = planChanges(observed, desired, {
      types: FAKE_TYPES,
      fromGeneration: fresh ? 0 : 2,
      toGeneration: fresh ? 1 : 3,
      ...(connections === undefined ? {} : { connections }),
    });
    const text = `${formatPlan(plan)}\n`;
    if (process.env["GOLDEN"] === "update") writeFileSync(goldenOf(name), text);
    assert.equal(text, readFileSync(goldenOf(name), "utf8"));
  });
}

test("planChanges() plans nothing where nothing differs", () => {
  const state = web([sockNode("a", ['bind "1"', "getname"])], { templates: [session], description: "x" });
  const plan = planChanges(state, state, OPTIONS);
  assert.deepEqual(plan.steps, []);
  assert.equal(plan.toGeneration, 2);
  assert.equal(formatPlan(plan), "web: generation 2\nNo changes.");
});

test("planChanges() takes a query for no change", () => {
  const plan = planChanges(web([sockNode("a", ['bind "1"'])]), web([sockNode("a", ['bind "1"', "getname"])]), OPTIONS);
  assert.deepEqual(plan.steps, []);
});

test("planChanges() takes a setting of its initial value for none", () => {
  const plan = planChanges(web([sockNode("a", ["setconfig { a=0 }"])]), web([sockNode("a")]), OPTIONS);
  assert.deepEqual(plan.steps, []);
});

test("planChanges() recreates a node on request", () => {
  const state = web([sockNode("a", ['bind "1"'])]);
  const plan = planChanges(state, state, { ...OPTIONS, replace: new Map([["a", "asked for"]]) });
  assert.deepEqual(plan.steps.map((step) => step.command), ["setgeneration", "shutdown", "mkpeer", "bind", "release"]);
  assert.equal(plan.summary.change, 1);
});

test("planChanges() recreates a node for a setting that must precede what was sent", () => {
  const plan = planChanges(
    web([sockNode("a", ["setearly 1", 'bind "1"'])]),
    web([sockNode("a", ["setearly 2", 'bind "1"'])]),
    OPTIONS,
  );
  assert.equal(plan.steps.some((step) => step.cost === "replace"), true);
});

test("planChanges() sends what only follows to the running node where that is live", () => {
  const plan = planChanges(web([sockNode("a", ['bind "1"'])]), web([sockNode("a", ['bind "1"', 'join "g"'])]), OPTIONS);
  assert.deepEqual(plan.steps.map((step) => step.command), ["setgeneration", "join", "release"]);
});

test("planChanges() keeps a template's references for its users", () => {
  const plan = planChanges(web([]), web([], { templates: [session] }), OPTIONS);
  const argument = plan.steps.find((step) => step.command === "settemplate")?.argument ?? "";
  assert.equal(argument.includes("$${with.to}"), true);
});

test("planToJson() numbers the printed steps and leaves the silent ones out", () => {
  const json = planToJson(planChanges(web([]), web([sockNode("a")]), OPTIONS));
  assert.equal(json.formatVersion, 1);
  assert.deepEqual(json.steps.map((step) => [step.number, step.path, step.message.command]), [[1, "web/:", "mkpeer"]]);
});

function goldenOf(name: string): URL {
  return new URL(`../../plans/${name}/plan.txt`, import.meta.url);
}

test("planChanges() joins hooks that are named before those that are picked", () => {
  const links = [link("a:inet/stream/tcp", "bus"), link("b:inet/stream/tcp", "bus:bus0")];
  const desired = web([sockNode("a"), sockNode("b"), busNode("bus")], { links });
  const { steps } = planChanges(web([]), desired, OPTIONS);
  const joined = steps.map(({ text }) => text).filter((text) => text.startsWith("link "));
  assert.deepEqual(joined, ["link b:inet/stream/tcp bus:bus0", "link a:inet/stream/tcp bus"]);
});
