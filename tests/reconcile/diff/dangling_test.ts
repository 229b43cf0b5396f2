/**
 * A state that refers to names that were removed manually is not accepted as desired.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import type { GraphState } from "../../../src/graph/data/state.ts";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { requireAdoptable } from "../../../src/reconcile/diff/dangling.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";
import { sockNode, web } from "../fake_types.ts";
import { World } from "../world.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES);
const TABLE = new Map(TYPES.map((type) => [type.name, type]));

const TEXT = `
name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/127.0.0.1:0
      - listen: 5
      - accept: { template: session, with: { to: back } }
  second:
    type: ksocket
    hook: inet/stream/tcp
    messages: [{ bind: inet/127.0.0.1:0 }, { listen: 5 }, { accept: { peer: bus } }]
  third:
    type: ksocket
    hook: inet/stream/tcp
    messages: [{ connect: "\${front.getname}" }]
  back: { type: echo }
  bus: { type: hub }
templates:
  session:
    parameters: { to: , limit: 5s }
    entry: tap:left
    nodes:
      tap: { type: tee }
      watch: { type: ksocket, hook: inet/stream/tcp, messages: [{ setconfig: { connectTimeout: "\${with.limit}" } }] }
    links: [[tap:right, back], [tap:left2right, watch]]
`;

function state(): GraphState {
  const { topologies: [topology], diagnostics } = loadTopology({
    source: { name: "web.yaml", text: TEXT },
    types: TYPES,
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  assert.ok(topology !== undefined, diagnostics.map(({ message }) => message).join("\n"));
  return topology.state;
}

test("requireAdoptable() takes what a file says", () => requireAdoptable(TABLE, state()));

for (const renamed of ["front", "back", "bus"]) {
  test(`requireAdoptable() rejects a reference to "${renamed}" after it was renamed manually`, () => {
    const { nodes, ...more } = state();
    const now = nodes.map((node) => node.name === renamed ? { ...node, name: "other" } : node);
    assert.throws(() => requireAdoptable(TABLE, { ...more, nodes: now }), { code: "EINVAL" });
  });
}

test("requireAdoptable() refuses what is made of a template that is gone", () => {
  assert.throws(() => requireAdoptable(TABLE, { ...state(), templates: [] }), { code: "EINVAL" });
});

test("Reconciler.adopt() rejects a reference to a name that was removed manually, and changes nothing", async () => {
  const world = new World();
  try {
    await world.reconciler.apply(web([
      sockNode("a", ['bind "80"', "getname"]),
      sockNode("b", ['connect "${a.getname}"']),
    ]));
    await world.port.send("web/a:", "name", '{ name="other" }');
    await assert.rejects(world.reconciler.adopt("web"), { code: "EINVAL" });
    assert.equal(world.reconciler.generation("web"), 1);
    await world.port.send("web/other:", "name", '{ name="a" }');
    await world.reconciler.adopt("web");
    assert.equal(world.reconciler.generation("web"), 2);
  } finally {
    await world.close();
  }
});
