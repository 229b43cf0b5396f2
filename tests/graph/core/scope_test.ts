/**
 * Scope: names, and links as they were declared.
 *
 * @module
 */

import { runSync } from "../../../src/cooperative.ts";
import assert from "node:assert/strict";
import type { Graph } from "../../../src/graph/core/graph.ts";
import type { Node } from "../../../src/graph/core/node.ts";
import type { GraphPort } from "../../../src/graph/port/port.ts";
import { Scope } from "../../../src/graph/core/scope.ts";
import { formatEnd } from "../../../src/graph/data/state.ts";
import { test } from "../../harness.ts";
import { makeGraph } from "../../support/graph.ts";
import { code } from "../../support/network.ts";
import { snapshotScope } from "../../../src/graph/snapshot/snapshot_scope.ts";

async function openScope(): Promise<{ graph: Graph; port: GraphPort; make: (name: string, type: string) => Node }> {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const make = (name: string, type: string) => {
    const node = graph.make(type, { scope: "t", declared: true });
    graph.rename(node, name);
    return node;
  };
  return { graph, port, make };
}

function linksOf(graph: Graph): readonly string[] {
  return runSync(snapshotScope(graph, "t"))?.links.map(({ ends }) => ends.map(formatEnd).join(" - ")) ?? [];
}

test("snapshotScope() lists each link once, smaller end first, in order", async () => {
  const { graph, make } = await openScope();
  const [tap, bus] = [make("tap", "tee"), make("bus", "hub")];
  graph.connect({ node: tap, hook: "right" }, { node: bus, hook: "z" });
  graph.connect({ node: tap, hook: "left" }, { node: bus, hook: null });
  graph.connect({ node: bus, hook: "y" }, { node: tap, hook: "left2right" });
  assert.deepEqual(linksOf(graph), ["bus - tap:left", "bus:y - tap:left2right", "bus:z - tap:right"]);
});

test("snapshotScope() lists a link of a node to itself once", async () => {
  const { graph, make } = await openScope();
  const [tap, bus] = [make("tap", "tee"), make("bus", "hub")];
  graph.connect({ node: tap, hook: "left" }, { node: tap, hook: "right" });
  graph.connect({ node: bus, hook: null }, { node: bus, hook: null });
  assert.deepEqual(linksOf(graph), ["bus - bus", "tap:left - tap:right"]);
});

test("snapshotScope() leaves out links to nodes that are not declared, and the anchor", async () => {
  const { graph, make } = await openScope();
  const bus = make("bus", "hub");
  const loose = graph.make("hub", { scope: "t" });
  graph.connect({ node: bus, hook: null }, { node: loose, hook: "x" });
  const { anchor } = graph.scope("t");
  graph.connect({ node: anchor, hook: "bus" }, { node: bus, hook: "held" });
  const snapshot = runSync(snapshotScope(graph, "t"));
  assert.deepEqual(snapshot?.links, []);
  assert.deepEqual(snapshot?.nodes.map(({ name, type }) => [name, type]), [["bus", "hub"], [null, "hub"]]);
  const peers = snapshot?.nodes[0]?.hooks.map(({ name, automatic, peer }) => [name, automatic, peer]);
  assert.deepEqual(peers, [["hub0", true, `${loose.path}:x`], ["held", false, null]]);
});

test("snapshotScope() keeps the place of a node that is renamed", async () => {
  const { graph, make } = await openScope();
  const [one, other] = [make("b", "hub"), make("c", "hub")];
  graph.connect({ node: one, hook: null }, { node: other, hook: null });
  graph.rename(one, "d");
  assert.deepEqual([...graph.scope("t").names.keys()], ["d", "c"]);
  assert.deepEqual(linksOf(graph), ["c - d"]);
});

test("Scope.node() names what is missing, and where", async () => {
  const { graph } = await openScope();
  assert.throws(() => graph.scope("t").node("gone"), (error: unknown) => {
    return code("ENOENT")(error) && String(error).includes('"gone" in topology "t"');
  });
  assert.throws(() => graph.scope("u"), code("ENOENT"));
});

test("Scope.anchor is not there before it was given", () => {
  assert.throws(() => new Scope("t").anchor, RangeError);
});

test("Graph.openScope() refuses a name that is in use, and numbers nodes by generation", async () => {
  const { graph, port, make } = await openScope();
  await assert.rejects(port.openScope("t"), code("EEXIST"));
  make("old", "hub");
  graph.scope("t").generation = 3;
  make("young", "hub");
  assert.deepEqual(runSync(snapshotScope(graph, "t"))?.nodes.map(({ generation }) => generation), [0, 3]);
});
