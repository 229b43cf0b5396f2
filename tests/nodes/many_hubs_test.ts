/**
 * Hubs that multiply: many hooks, rings, meshes. All of it is bounded and counted.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Graph } from "../../src/engine/library/graph.ts";
import type { GraphSocket } from "../../src/engine/library/graph_socket.ts";
import { MAX_DELIVERIES } from "../../src/graph/core/item.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { Engine } from "../../src/engine/engine.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";

const HOOKS = 1000;

async function inMemory(body: (socket: GraphSocket, graph: Graph) => Promise<void>): Promise<void> {
  await using graph = await Graph.open({ runtime: "memory" });
  await using socket = await graph.socket();
  await body(socket, graph);
}

test("hub with 1,000 hooks delivers to each of the others, once", () =>
  inMemory(async (socket) => {
    await socket.mkpeer(".", { type: "hub", ourhook: "h0", peerhook: "0" });
    await socket.name("h0", "bus");
    for (let index = 1; index < HOOKS; index++) {
      await socket.connect(".", { path: "bus:", ourhook: `h${index}`, peerhook: String(index) });
    }
    await socket.write("h0", "to all");
    const got = new Set<string>();
    while (got.size < HOOKS - 1) {
      const item = await socket.read();
      assert.ok(item?.kind === "data" && !got.has(item.hook));
      got.add(item.hook);
    }
    assert.ok(!got.has("h0"));
    // Nothing came twice: what is written next is what is read next.
    await socket.write("h1", "to all");
    assert.equal((await socket.read())?.kind, "data");
  }));

/** Every circle of hubs, by the pairs that are joined. */
const CIRCLES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  "a ring": [[0, 1], [1, 2], [2, 3], [3, 0]],
  "a mesh of three": [[0, 1], [1, 2], [2, 0]],
};

for (const [name, pairs] of Object.entries(CIRCLES)) {
  test(`hubs in ${name} deliver an item ${MAX_DELIVERIES} times at most, count the rest, and others go on`, async () => {
    const network = new MemoryNetwork();
    await using engine = new Engine({ sockets: network.openSockets(), clock: network.clock, pid: 1 });
    const nodes = [...new Set(pairs.flat())].map((hub) => `  hub${hub}: { type: hub }`);
    const links = pairs.map(([one, other]) => `  - [hub${one}, hub${other}]`);
    const text = `name: circle\nnodes:\n${nodes.join("\n")}\n  other: { type: echo }\nlinks:\n${links.join("\n")}\n`;
    const { topologies } = loadTopology({
      source: { name: "circle.yaml", text },
      types: engine.types,
      env: () => null,
      defaultName: null,
      baseDirectory: null,
    });
    const source = { kind: "library", location: "circle.yaml", revision: null } as const;
    const desired = topologies.map(({ state }) => ({ state, source }));
    await engine.apply({ topologies: desired, replace: [], rollback: true, waitMs: 0 }, () => {});
    await using graph = engine.graph;
    await using socket = await graph.socket({ overflow: "drop-newest" });
    await socket.connect(".", { path: "circle/hub0:", ourhook: "in", peerhook: "in" });
    await socket.connect(".", { path: "circle/other:", ourhook: "echo", peerhook: "me" });
    await socket.write("in", "round and round");
    await socket.write("echo", "still here");
    let copies = 0;
    for await (const item of socket) {
      if (item.kind !== "data") continue;
      if (item.hook === "echo") break;
      copies++;
    }
    assert.ok(copies <= MAX_DELIVERIES, `${copies} copies`);
    const [status] = (await engine.status()).topologies;
    const dropped = status?.nodes.flatMap((node) => node.hooks.map((hook) => hook.dropped["loop"] ?? 0)) ?? [];
    assert.ok(dropped.reduce((sum, count) => sum + count, 0) >= 1);
  });
}
