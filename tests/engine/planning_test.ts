/**
 * Plans know which addresses other topologies of the engine have.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { WantedTopology } from "../../src/api/operations/apply.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

const front = (port: number) =>
  `nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:${port}", listen: 5] }
`;

/** Topologies by name, each from a file of its own. */
function topologies(texts: Readonly<Record<string, string>>): readonly WantedTopology[] {
  return Object.entries(texts).flatMap(([name, text]) => {
    const loaded = loadTopology({
      source: { name: "t.yaml", text },
      types: describeBuiltinTypes(MEMORY_CAPABILITIES),
      env: () => null,
      defaultName: name,
      baseDirectory: "/",
    });
    return loaded.topologies.map(({ state }) => {
      return { state, source: { kind: "file", location: `/${name}/t.yaml`, revision: null } };
    });
  });
}

/** An engine in which `a` has port 80. */
async function withPort80(run: (world: MemoryEngine) => Promise<void>): Promise<void> {
  await using world = new MemoryEngine();
  const request = { topologies: topologies({ a: front(80) }), replace: [], rollback: true, waitMs: 0 };
  await world.engine.apply(request, () => {});
  await run(world);
}

test("Engine.plan() names the node of another topology that has an address", () =>
  withPort80(async (world) => {
    const conflictsOf = async (texts: Readonly<Record<string, string>>, remove: readonly string[] = []) => {
      const results = await world.engine.plan({ topologies: topologies(texts), replace: [], remove });
      return results.flatMap(({ conflicts = [] }) => conflicts);
    };
    const needs80 = ['Cannot apply "b": "b/front" needs inet/127.0.0.1:80, which "a/front" has'];
    assert.deepEqual(await conflictsOf({ b: front(80) }), needs80);
    assert.deepEqual(await conflictsOf({ b: front(81) }), []);
    assert.deepEqual(await conflictsOf({ a: front(80) }), []);
    assert.deepEqual(await conflictsOf({ b: front(80) }, ["a"]), []);
    assert.deepEqual(await conflictsOf({ a: front(81), b: front(80) }), []);
    assert.deepEqual(await conflictsOf({ b: front(0) }), []);
  }));
