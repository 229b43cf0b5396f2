import { strict as assert } from "node:assert";
import fc from "fast-check";
import { test } from "../harness.ts";
import type { GraphState, LinkState, NodeState } from "../../src/graph/data/state.ts";
import { diffStates, isEmptyDiff } from "../../src/reconcile/diff/diff.ts";
import { planChanges } from "../../src/reconcile/plan/plan.ts";
import { busNode, FAKE_TYPES, link, sockNode, web } from "./fake_types.ts";
import { World } from "./world.ts";

const NAMES = ["a", "b", "c", "d", "e"];

const messages: fc.Arbitrary<readonly string[]> = fc.tuple(
  fc.option(fc.nat(3), { nil: null }),
  fc.option(fc.nat(3), { nil: null }),
  fc.option(fc.nat(9), { nil: null }),
).map(([a, b, peer]) => [
  ...(a === null ? [] : [`setconfig { a=${a} }`]),
  ...(b === null ? [] : [`setconfig { b=${b} }`]),
  ...(peer === null ? [] : [`connect "${peer}"`]),
]);

/** Nodes, each with an address of its own, and links that give every `sock` one peer at most. */
const states: fc.Arbitrary<GraphState> = fc.record({
  kinds: fc.tuple(...NAMES.map(() => fc.constantFrom("none", "sock", "sock", "bus"))),
  messages: fc.tuple(...NAMES.map(() => messages)),
  binds: fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7], { minLength: NAMES.length, maxLength: NAMES.length }),
  pairs: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 4 }),
}).map(({ kinds, messages, binds, pairs }) => {
  const nodes = NAMES.flatMap((name, index): NodeState[] => {
    const kind = kinds[index];
    if (kind === "bus") return [busNode(name)];
    return kind === "sock" ? [sockNode(name, [...messages[index] ?? [], `bind "${binds[index]}"`])] : [];
  });
  return web(nodes, { links: linksOf(nodes, pairs) });
});

function linksOf(nodes: readonly NodeState[], pairs: readonly (readonly [number, number])[]): readonly LinkState[] {
  const used = new Set<string>();
  return pairs.flatMap(([one, other], index) => {
    const [a, b] = [nodes.find((node) => node.name === NAMES[one]), nodes.find((node) => node.name === NAMES[other])];
    if (a === undefined || b === undefined || a === b) return [];
    const ends = [a, b].map((node) => `${node.name}:${node.hook ?? `h${index}`}`);
    if (ends.some((end) => used.has(end))) return [];
    for (const end of ends) used.add(end);
    return [link(ends[0] ?? "", ends[1] ?? "")];
  });
}

test("diffStates() finds no difference between a state and itself", () => {
  fc.assert(
    fc.property(states, (state) => isEmptyDiff(diffStates(state, state, { types: FAKE_TYPES }))),
    { numRuns: 200 },
  );
});

test("planChanges() names no node that does not differ, unless a neighbour takes it down", () => {
  fc.assert(
    fc.property(states, states, (before, after) => {
      const plan = planChanges(before, after, { types: FAKE_TYPES, fromGeneration: 1, toGeneration: 2 });
      const linked = new Set([...before.links, ...after.links].flatMap(({ ends }) => ends.map((end) => end.node)));
      for (const step of plan.steps) {
        if (step.node === null || linked.has(step.node)) continue;
        const [was, is] = [before, after].map((state) => state.nodes.find((node) => node.name === step.node));
        assert.notDeepEqual(was, is);
      }
    }),
    { numRuns: 200 },
  );
});

test(
  "Reconciler.apply() leads from any state to any other, and then plans nothing",
  { timeoutMs: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(states, states, async (before, after) => {
        const world = new World();
        try {
          for (const state of [before, after]) {
            const result = await world.reconciler.apply(state);
            assert.notEqual(result.kind, "rolled-back", result.kind === "rolled-back" ? result.error.message : "");
            assert.deepEqual(await world.reconciler.export("web"), state);
            assert.equal((await world.reconciler.apply(state)).kind, "unchanged");
          }
          const addresses = after.nodes.flatMap((node) =>
            node.messages.filter((message) => message.command === "bind")
          );
          assert.equal(world.bound.size, addresses.length);
        } finally {
          await world.close();
        }
      }),
      { numRuns: 200 },
    );
  },
);

test("Reconciler.apply() restores what ran before when any step fails", { timeoutMs: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(states, states, fc.nat(7), async (before, after, address) => {
      const world = new World();
      try {
        await world.reconciler.apply(before);
        const bound = [...world.bound.keys()].sort();
        world.faults.set(`bind ${address}`, "EACCES");
        // What runs on this address already is not bound again, except to restore it.
        if (bound.includes(String(address))) return;
        const result = await world.reconciler.apply(after);
        assert.notEqual(result.kind, "rollback-failed");
        if (result.kind !== "rolled-back") return;
        assert.deepEqual(await world.reconciler.export("web"), before);
        assert.deepEqual([...world.bound.keys()].sort(), bound);
      } finally {
        await world.close();
      }
    }),
    { numRuns: 200 },
  );
});
