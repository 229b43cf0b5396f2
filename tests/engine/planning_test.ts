/**
 * Plans know which addresses other topologies of the engine have.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ApplyEvent } from "../../src/api/apply_event.ts";
import type { RequestedTopology } from "../../src/api/operations/apply.ts";
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
function topologies(texts: Readonly<Record<string, string>>): readonly RequestedTopology[] {
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

test("Engine.plan() and apply() show the steps of removed topologies, and where their addresses go", () =>
  withPort80(async (world) => {
    const source = { kind: "file", location: "/a/t.yaml", revision: null } as const;
    const desired = topologies({ b: front(80) }).map(({ state }) => ({ state, source }));
    const planned = await world.engine.plan({ topologies: desired, origins: ["/a/"], replace: [], remove: ["a"] });
    const removal = planned.find(({ plan }) => plan.topology === "a");
    assert.match(
      removal?.text ?? "",
      /^a: generation 1 → removed\n.*topology "a" is removed, "b\/front" gets its address/,
    );
    const shown: ApplyEvent[] = [];
    const guard = { origins: ["/a/"], prune: true, takeOver: false, allowEmpty: false };
    const request = { topologies: desired, replace: [], rollback: true, waitMs: 0, guard };
    await world.engine.apply(request, (event) => shown.push(event));
    const texts = shown.flatMap((event) => event.kind === "plan" ? [event.text] : []);
    assert.deepEqual(texts, planned.map(({ text }) => text));
  }));

test("Engine.rollback() refuses a generation whose address another topology has now, and changes nothing", () =>
  withPort80(async (world) => {
    const request = { replace: [], rollback: true, waitMs: 0 };
    await world.engine.apply({ ...request, topologies: topologies({ a: front(81), b: front(80) }) }, () => {});
    const before = await world.engine.history("a");
    await assert.rejects(world.engine.rollback({ name: "a", generation: 1, waitMs: 0 }, () => {}), {
      code: "EADDRINUSE",
      message: 'Cannot roll back "a" to generation 1: "a/front" needs inet/127.0.0.1:80, which "b/front" has; ' +
        "nothing was changed",
    });
    assert.deepEqual(await world.engine.history("a"), before);
    const { conditions } = (await world.engine.status()).topologies.find(({ name }) => name === "a") ?? {};
    assert.equal(conditions?.find(({ type }) => type === "Stalled")?.status, "False");
  }));
