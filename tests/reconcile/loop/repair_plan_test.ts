import { strict as assert } from "node:assert";
import { formatPlan, printedSteps } from "../../../src/reconcile/plan/plan_text.ts";
import { planChanges } from "../../../src/reconcile/plan/plan.ts";
import { planRecreate } from "../../../src/reconcile/loop/repair_plan.ts";
import { test } from "../../harness.ts";
import { busNode, FAKE_TYPES, link, sockNode, web } from "../fake_types.ts";

const STATE = web(
  [
    sockNode("alone", ['bind "1"']),
    sockNode("left", ['connect "2"', "getname"]),
    busNode("bus"),
    busNode("far"),
    sockNode("right", ['connect "${left.getname}"']),
    sockNode("one", ['connect "3"']),
    sockNode("two", ['connect "4"']),
  ],
  {
    links: [
      link("bus", "far"),
      link("left:inet/stream/tcp", "bus"),
      link("right:inet/stream/tcp", "far"),
      link("one:inet/stream/tcp", "two:inet/stream/tcp"),
    ],
  },
);

/** The nodes that do not survive the end of a node. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  alone: ["alone"],
  left: ["left"],
  bus: ["left", "bus"],
  far: ["far", "right"],
  right: ["right"],
  one: ["one", "two"],
  two: ["one", "two"],
};

for (const [name, ends] of Object.entries(ENDS)) {
  test(`planRecreate() of "${name}" is the plan for the whole topology`, () => {
    const options = { types: FAKE_TYPES, generation: 3 };
    const whole = planChanges(STATE, STATE, {
      types: FAKE_TYPES,
      fromGeneration: 3,
      toGeneration: 3,
      replace: new Map([[name, "it ended"]]),
    });
    const plan = planRecreate(STATE, name, options);
    assert.deepEqual(
      plan.steps.map(({ path, text }) => [path, text]),
      whole.steps.map(({ path, text }) => [path, text]),
    );
    assert.equal(formatPlan(plan), formatPlan(whole));
    const touched = new Set(printedSteps(plan).map(({ node }) => node));
    assert.deepEqual([...touched].sort(), [...ends].sort());
  });
}
