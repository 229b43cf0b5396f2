/**
 * Every command of every type of node, added to, changed on and taken away from a node at work: the plan says the cost
 * that its kind has, and what happens is what the plan says.
 *
 * Not tried: types that no topology can have (`socket`) or that need a process's standard input (`stdio`, which has no
 * commands), and commands that are only sent manually, which are rejected (tests/diagnostics/drain_declared.yaml).
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import type { Command, Cost } from "../../src/graph/core/command.ts";
import type { NodeType } from "../../src/graph/core/node_type.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";
import { tlsSkip } from "../support/tls.ts";
import { type Sample, SAMPLES } from "./every_command_samples.ts";
import { BACK, FRONT, textOf, Trial } from "./every_command_world.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES).filter((type) => type.creatable && type.name !== "stdio");

for (const type of TYPES) {
  for (const [name, command] of Object.entries(type.commands)) {
    if (command.imperativeOnly === true) continue;
    const samples = SAMPLES[type.name]?.[name] ?? [];
    const skip = samples.some(({ base }) => base === "tls") ? tlsSkip : null;
    test(`${type.name} ${name} costs what its kind does, added, changed and taken away`, { skip }, async () => {
      assert.notEqual(samples.length, 0, "It has no sample: add it to every_command_samples.ts");
      for (const sample of samples) await tryCommand(type, { name, command, sample });
    });
  }
}

test("Engine.apply() disarms a listener whose accept goes, and takes who waits when it is back", async () => {
  await using world = new MemoryEngine();
  const back = world.echo(BACK);
  const sample: Sample = { base: "listener", args: [], before: [`bind: "${FRONT}"`, "listen: 8"] };
  const armed = textOf("ksocket", sample, `accept: { connect: "${BACK}" }`);
  const alone = textOf("ksocket", sample, null);
  await world.apply(armed);
  const old = await world.connect(FRONT);
  await world.memory.idle();
  const { steps, summary } = await world.plan(alone);
  assert.deepEqual(steps.map(({ text, cost }) => [text, cost]), [["msg disarm", "new-connections"]]);
  assert.deepEqual([summary.kept, summary.closed], [1, 0]);
  await world.apply(alone);
  assert.equal((await world.engine.export("t")).includes("accept"), false);
  const peers = [await world.connect(FRONT), await world.connect(FRONT)];
  await world.memory.idle();
  assert.equal(back.connections, 1);
  await world.apply(armed);
  await world.memory.idle();
  assert.equal(back.connections, 3);
  for (const { owner } of [old, ...peers]) assert.deepEqual([owner.endedCount, owner.errors], [0, []]);
});

test("a manual disarm is drift, which the next apply reverts", async () => {
  await using world = new MemoryEngine();
  const sample: Sample = { base: "listener", args: [], before: [`bind: "${FRONT}"`, "listen: 8"] };
  const armed = textOf("ksocket", sample, `accept: { connect: "${BACK}" }`);
  await world.apply(armed);
  await world.msg("x", "disarm");
  assert.deepEqual((await world.plan(armed)).steps.map(({ text }) => text), [`msg accept { connect=${BACK} }`]);
  await world.apply(armed);
  assert.deepEqual((await world.plan(armed)).steps, []);
});

/** What is tried, and how. */
interface Tried {
  readonly name: string;
  readonly command: Command<unknown, unknown>;
  readonly sample: Sample;
}

async function tryCommand(type: NodeType, { name, command, sample }: Tried): Promise<void> {
  const without = textOf(type.name, sample, null);
  const given = sample.args.length === 0 ? [name] : sample.args.map((argument) => `${name}: ${argument}`);
  const texts = given.map((message) => textOf(type.name, sample, message));
  const tellable = command.kind === "setting" ? `get${name.replace(/^set/, "")}` : null;
  const trial = new Trial();
  await using _ = trial;
  await trial.begin(without);
  const before = tellable !== null && tellable in type.commands ? await ask(trial, type, tellable) : null;
  const [first = without] = texts;
  for (const to of texts) await change(trial, to, costOf(command, { type, text: first, name }));
  await change(
    trial,
    without,
    sample.forGood === true ? "replace" : costOfEnd(command, { type, text: texts.at(-1) ?? without, name }),
  );
  if (before !== null && tellable !== null) assert.equal(await ask(trial, type, tellable), before);
}

/** Plans and applies a change, and holds the one to the other. */
async function change(trial: Trial, to: string, cost: Cost | null): Promise<void> {
  const before = await trial.whoIsThere();
  const { steps } = await trial.world.plan(to);
  const costs = new Set(steps.filter((step) => step.path === "t/x:").map((step) => step.cost));
  const what = `${to}\n${steps.map((step) => `${step.path} ${step.text} ${step.cost}`).join("\n")}`;
  if (cost === null) assert.deepEqual(steps, [], what);
  else if (cost === "replace") assert.equal(costs.has("replace") || steps.some((one) => one.cost === cost), true, what);
  else assert.deepEqual([...costs], [cost], what);
  const outcome = await trial.world.apply(to);
  assert.equal(outcome.result, cost === null ? "unchanged" : "applied", what);
  assert.deepEqual((await trial.world.plan(to)).steps, [], what);
  const after = await trial.whoIsThere();
  if (cost === "replace") assert.notDeepEqual(after, before, what);
  else assert.deepEqual(after, before, what);
  await trial.flows();
}

/** Where a command is tried. */
interface Place {
  readonly type: NodeType;
  readonly text: string;
  readonly name: string;
}

/** What adding and changing a message costs: design.md, section 1. */
function costOf(command: Command<unknown, unknown>, place: Place): Cost | null {
  switch (command.kind) {
    case "query":
      return null;
    case "action":
      return "replace";
    case "lifecycle":
      return command.cost;
    case "setting":
      if (command.impliedWhenDeclared === true) return null;
      return comesLate(command, place) ? "replace" : command.cost;
  }
}

/** What taking it away costs: a setting goes back to what is known of before. */
function costOfEnd(command: Command<unknown, unknown>, place: Place): Cost | null {
  if (command.kind === "lifecycle") return "replace";
  if (command.kind !== "setting" || command.impliedWhenDeclared === true) return costOf(command, place);
  const known = Object.values(place.type.commands).some((one) => one.clears?.includes(place.name) === true) ||
    command.restore !== undefined ||
    keysOf(command, place).every((key) => (command.reset?.(key, null) ?? null) !== null);
  return known ? costOf(command, place) : "replace";
}

function comesLate(command: Command<unknown, unknown>, place: Place): boolean {
  const others = [command.before, ...keysOf(command, place).map((key) => command.precedes?.(key))];
  return others.some((other) => typeof other === "string" && place.text.includes(` ${other}:`));
}

/** The keys of the message that is tried, as the file has it. */
function keysOf(command: Command<unknown, unknown>, { text, name, type }: Place): readonly string[] {
  const { topologies } = loadTopology({
    source: { name: "t.yaml", text },
    types: TYPES,
    env: () => null,
    defaultName: "t",
    baseDirectory: "/",
  });
  const nodes = topologies.flatMap(({ state }) => state.nodes).filter((node) => node.type === type.name);
  const message = nodes.flatMap((node) => node.messages).find((one) => one.command === name);
  if (command.args === null || message === undefined || message.argument === null) return [name];
  return command.entries?.(parseText(command.args, message.argument)).map((entry) => entry.key) ?? [name];
}

/** What a query without argument answers; null where it takes one. */
async function ask(trial: Trial, type: NodeType, query: string): Promise<string | null> {
  return type.commands[query]?.args === null ? await trial.world.msg("x", query) : null;
}
