/**
 * Laws of nodes that got other names: what differs in names alone is renamed alone, and nothing else is.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { compareLinks, formatEnd, type GraphState, type NodeState } from "../../src/graph/data/state.ts";
import { applyRenames } from "../../src/reconcile/diff/renames.ts";
import { planChanges } from "../../src/reconcile/plan/plan.ts";
import { busNode, FAKE_TYPES, link, sockNode, web } from "../reconcile/fake_types.ts";
import { test } from "../harness.ts";

const seed = (Date.now() ^ (Math.random() * 0x1_0000_0000)) | 0;
// deno-lint-ignore no-console -- a failure is found again by its seed only
console.log(`properties/renames: seed ${seed}`);
const PARAMETERS = { numRuns: 300, seed };
const OPTIONS = { types: FAKE_TYPES, fromGeneration: 1, toGeneration: 2 };

/** Few nodes of few kinds with few links: many of them look the same. */
const graphs = (prefix: string): fc.Arbitrary<GraphState> =>
  fc.record({
    kinds: fc.array(fc.constantFrom("bus", "plain", "a", "b"), { minLength: 1, maxLength: 7 }),
    links: fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.constantFrom("", ":x", ":y")), { maxLength: 6 }),
    common: fc.boolean(),
  }).map(({ kinds, links, common }) => {
    // Under the same name on both sides there may be a bus.
    const name = (index: number) => common && index === 0 ? "bus" : `${prefix}${index}`;
    const nodes = kinds.map((kind, index) => {
      if (kind === "bus" || name(index) === "bus") return busNode(name(index));
      return sockNode(name(index), kind === "plain" ? [] : [`connect "${kind}"`]);
    });
    const used = new Set<string>();
    const made = links.flatMap(([from, to, hook]) => {
      const [one, other] = [nodes[from % nodes.length], nodes[to % nodes.length]];
      if (one === undefined || other === undefined || one === other) return [];
      const ends = [one, other].map((node) => `${node.name}${node.type === "sock" ? ":inet/stream/tcp" : hook}`);
      if (ends.some((end) => end.includes(":") && used.has(end))) return [];
      for (const end of ends) used.add(end);
      return [link(ends[0] ?? "", ends[1] ?? "")];
    });
    return web(nodes, { links: made });
  });

/** A node's links, under the names that a state has them. */
function linksOf({ links }: GraphState, name: string): readonly string[] {
  return links.filter(({ ends }) => ends.some((end) => end.node === name))
    .map(({ ends }) => ends.map(formatEnd).join(" ")).sort();
}

function body({ type, hook, restart, messages }: NodeState): unknown {
  return { type, hook, restart, messages };
}

test("planChanges() renames no node that is another one, or is linked to others", () =>
  fc.assert(
    fc.property(graphs("old"), graphs("new"), (observed, desired) => {
      const { renames = new Map<string, string>() } = planChanges(observed, desired, OPTIONS);
      const renamed = applyRenames(observed, renames);
      assert.equal(new Set(renames.values()).size, renames.size);
      for (const to of renames.keys()) {
        const [was, is] = [renamed, desired].map((state) => state.nodes.find((node) => node.name === to));
        assert.ok(was !== undefined && is !== undefined);
        assert.deepEqual(body(was), body(is));
        assert.deepEqual(linksOf(renamed, to), linksOf(desired, to));
      }
    }),
    PARAMETERS,
  ));

test("planChanges() renames all that has nothing but another name, whatever it is linked to", () =>
  fc.assert(
    fc.property(graphs("old"), fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), (graph, chosen) => {
      // Each is distinguished by its messages; buses by their links alone.
      const nodes = graph.nodes.map((node, index) => {
        return node.type === "bus" ? node : sockNode(node.name, [`connect "${index}"`]);
      });
      const observed = { ...graph, nodes };
      const names = new Map(nodes.flatMap((node, index) => chosen[index] === true ? [[`n${index}`, node.name]] : []));
      const desired = applyRenames(observed, names);
      const { steps } = planChanges(observed, desired, OPTIONS);
      const reported = steps.filter((step) => step.kind !== "silent");
      assert.deepEqual(reported.map((step) => step.command), [...names].map(() => "name"));
    }),
    PARAMETERS,
  ));

test("planChanges() takes pairs that look the same for pairs, each with its own", () => {
  const pairs = (...names: readonly (readonly [string, string])[]) =>
    web(names.flatMap(([sock, bus]) => [sockNode(sock), busNode(bus)]), {
      links: names.map(([sock, bus]) => link(`${sock}:inet/stream/tcp`, bus)).sort(compareLinks),
    });
  const { steps } = planChanges(pairs(["a", "z"], ["b", "y"]), pairs(["c", "w"], ["d", "x"]), OPTIONS);
  assert.deepEqual(steps.filter((step) => step.kind !== "silent").map((step) => step.command), Array(4).fill("name"));
});
