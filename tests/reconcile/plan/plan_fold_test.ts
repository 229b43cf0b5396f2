import assert from "node:assert/strict";
import type { GraphState, NodeState } from "../../../src/graph/data/state.ts";
import { planChanges } from "../../../src/reconcile/plan/plan.ts";
import { formatAllSteps, formatPlan, planToJson } from "../../../src/reconcile/plan/plan_text.ts";
import { TYPES } from "../../topology/types.ts";
import { test } from "../../harness.ts";

const TABLE = new Map(TYPES.map((type) => [type.name, type]));

function games(ports: readonly number[], timeout: (port: number) => string = () => "5s"): GraphState {
  const nodes = ports.map((port): NodeState => ({
    name: `game-${port}`,
    type: "ksocket",
    hook: "inet/dgram/udp",
    restart: "always",
    messages: [
      { command: "setconfig", argument: `{ connectTimeout=${timeout(port)} }` },
      { command: "bind", argument: `inet/127.0.0.1:${port}` },
    ],
    group: "game-*",
  }));
  const hub: NodeState = { name: "hub", type: "hub", hook: null, restart: "always", messages: [] };
  return { name: "big", description: null, nodes: [hub, ...nodes], links: [], templates: [] };
}

function planOf(from: GraphState, to: GraphState) {
  return planChanges(from, to, { types: TABLE, fromGeneration: from.nodes.length === 0 ? 0 : 1, toGeneration: 2 });
}

const NONE: GraphState = { name: "big", description: null, nodes: [], links: [], templates: [] };

test("formatPlan() prints the nodes of an each as one line, and JSON has all steps", () => {
  const plan = planOf(NONE, games([1, 2, 3]));
  assert.equal(
    formatPlan(plan),
    "big: generation 0 → 2\n" +
      "  1  big/        mkpeer hub hub\n" +
      "  2  big/game-*: 3 nodes, 9 messages (plan --all prints each)\n" +
      "0 to change, 4 to add, 0 to remove. 0 connections kept, 0 closed.",
  );
  assert.equal(planToJson(plan).steps.length, 10);
  assert.equal(formatAllSteps(planToJson(plan)).split("\n").length, 12);
});

test("formatPlan() folds one setting of all nodes, and prints a single node of a group by its name", () => {
  const all = formatPlan(planOf(games([1, 2]), games([1, 2], () => "6s")));
  assert.match(all, /^ {2}1 {2}big\/game-\*: msg setconfig \{ connectTimeout=6s \} \(2 nodes\) +setting .* live/m);
  const one = formatPlan(planOf(games([1, 2]), games([1, 2], (port) => port === 1 ? "6s" : "5s")));
  assert.match(one, /^ {2}1 {2}big\/game-1: msg setconfig \{ connectTimeout=6s \} +setting/m);
  const different = formatPlan(planOf(games([1, 2]), games([1, 2], (port) => `${port}s`)));
  assert.match(different, /big\/game-\*: 2 nodes, 2 messages \(plan --all prints each\) +several causes +live/);
});

test("formatPlan() folds what is removed apart from what is added", () => {
  const text = formatPlan(planOf(games([1, 2]), games([3, 4])));
  assert.match(text, /big\/game-\*: shutdown \(2 nodes\)/);
  assert.match(text, /big\/game-\*: 2 nodes, 6 messages \(plan --all prints each\) +added/);
});

test("A plan has no difference where only the group of a node changes", () => {
  const { nodes, ...rest } = games([1]);
  const plain = { ...rest, nodes: nodes.map(({ group: _group, ...node }) => node) };
  assert.deepEqual(planOf(plain, games([1])).steps, []);
});
