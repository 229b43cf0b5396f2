/**
 * Traffic in a drawing: rates beside edges, and the tone of what goes wrong.
 *
 * @module
 */

import assert from "node:assert/strict";
import { drawingOf } from "../../src/drawing/drawing.ts";
import { sceneOf } from "../../src/drawing/scene.ts";
import { boxState, trafficBetween, wireState } from "../../src/drawing/traffic.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import type { NodeStatus, TopologyStatus } from "../../src/reconcile/status/status_types.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";

const TOPOLOGY = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 1, accept: { connect: pool/servers }] }
  servers: { type: pool, messages: [settargets: [{ to: "inet/127.0.0.1:81", name: one }]] }
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:90"] }
  end: { type: hole }
links: [[in, end]]
`;

/** The status with other values of some nodes. */
function changed(status: TopologyStatus, change: (node: NodeStatus) => Partial<NodeStatus>): TopologyStatus {
  return { ...status, nodes: status.nodes.map((node) => ({ ...node, ...change(node) })) };
}

test("trafficBetween() and wireState() show rates in the direction of the edge, refused, dropped and down", async () => {
  await using world = new MemoryEngine();
  await world.apply(TOPOLOGY);
  const [before] = (await world.engine.status()).topologies;
  assert.ok(before !== undefined);
  const drawing = drawingOf(await world.engine.running.export("t"), describeBuiltinTypes(MEMORY_CAPABILITIES), before);
  const now = changed(before, (node) => {
    if (node.name === "front" && node.connections !== null) return { connections: { ...node.connections, refused: 3 } };
    if (node.name === "servers") {
      return { targets: (node.targets ?? []).map((one) => ({ ...one, state: "down" as const })) };
    }
    const hooks = node.hooks.map((hook) =>
      node.name === "in"
        ? { ...hook, in: { bytes: 4_096, items: 4 } }
        : { ...hook, in: { bytes: 4_096, items: 4 }, dropped: { queue_full: 2 } }
    );
    return { hooks };
  });
  const traffic = trafficBetween(before, now, { ms: 2_000, drawing });
  const scene = sceneOf(drawing, { rates: true });
  const stateOf = (from: string, to: string) => {
    const wire = scene.wires.find((one) => one.from.node === from && one.to.node === to);
    assert.ok(wire !== undefined, `${from} to ${to}`);
    const { tone, above, below } = wireState(traffic, wire);
    return [tone, above, below];
  };
  assert.deepEqual(stateOf("in", "end"), ["warn", "→ 2.0 KiB/s", "2 dropped"]);
  assert.deepEqual(stateOf("clients in", "in"), ["", "→ 2.0 KiB/s", ""]);
  assert.deepEqual(stateOf("clients front", "front"), ["bad", "", "3 refused"]);
  assert.deepEqual(stateOf("servers", "target servers 0"), ["bad", "down", ""]);
  const tones = scene.boxes.map((box) => [box.id, boxState(traffic, box).tone]).filter(([, tone]) => tone !== "");
  assert.deepEqual(tones, [["end", "warn"], ["target servers 0", "bad"]]);
});
