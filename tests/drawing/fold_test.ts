import assert from "node:assert/strict";
import { drawingOf, type DrawnNode } from "../../src/drawing/drawing.ts";
import { foldDrawing, groupsOf } from "../../src/drawing/fold.ts";
import { builtinTypes } from "../../src/nodes/builtin.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";

const TYPES = builtinTypes(new MemoryNetwork().openSockets());
const FAILED = "failed";
const READY = "ready";
const TEXT = `
nodes:
  in-\${each.n}:
    each: { n: 1-1000 }
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:\${each.n}", listen: 1, accept: { connect: "inet/127.0.0.2:\${each.n}" }]
  tap-\${each.n}: { each: { n: 1-3 }, type: tee }
  all: { type: hub }
  one-\${each.n}: { each: { n: 1 }, type: hole }
links:
  - { ends: ["tap-\${each.n}:left", all], each: { n: 1-3 } }
`;

function draw() {
  const source = { name: "web.yaml", text: TEXT };
  const { topologies: [topology] } = loadTopology({
    source,
    types: TYPES,
    env: () => null,
    defaultName: "web",
    baseDirectory: null,
  });
  assert.ok(topology !== undefined);
  return { drawing: drawingOf(topology.state, TYPES, null), groups: groupsOf(topology.state.nodes) };
}

test("foldDrawing() draws the nodes of an each as one box with a count, and their edges once", () => {
  const { drawing, groups } = draw();
  const folded = foldDrawing(drawing, groups);
  assert.deepEqual(folded.nodes.map(({ name, counters }) => [name, ...counters]), [
    ["in-*", "1,000 nodes"],
    ["tap-*", "3 nodes"],
    ["all"],
    ["one-1"],
  ]);
  assert.deepEqual(folded.nodes[0]?.addresses[0], "bind inet/127.0.0.1:1 … inet/127.0.0.1:1000");
  assert.deepEqual(folded.edges.map(({ from, to }) => [from.node, to.node].toSorted()), [["all", "tap-*"]]);
  assert.deepEqual(folded.outside.map(({ id, lines }) => [id, lines.at(-1)]), [
    ["clients in-*", "clients"],
    ["target in-*", "and 999 more"],
  ]);
});

test("foldDrawing() leaves nodes that are not ready out of the box", () => {
  const { drawing, groups } = draw();
  const nodes = drawing.nodes.map((node): DrawnNode => ({ ...node, state: node.name === "in-7" ? FAILED : READY }));
  const folded = foldDrawing({ ...drawing, nodes }, groups);
  assert.deepEqual(folded.nodes.slice(0, 2).map(({ name, counters }) => [name, ...counters]), [
    ["in-*", "999 nodes"],
    ["in-7"],
  ]);
  assert.ok(folded.outside.some(({ node }) => node === "in-7"));
});
