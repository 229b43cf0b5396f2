/**
 * What the page makes of the frames that it receives: rates, and trouble that is shown for a while.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { PageFrame } from "../../src/api/page_message.ts";
import { Store } from "../../src/page/store.ts";
import { KEPT_MS, RateMeter } from "../../src/reconcile/status/rate_meter.ts";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";
import { test } from "../harness.ts";
import { STATUS } from "../api/fake_engine.ts";

function node(bytes: number, { refused = 0, dropped = 0 } = {}): NodeStatus {
  const connections = { active: 0, total: 0, refused, byGeneration: {} };
  const hook = { name: "a", peer: null, in: { bytes, items: 1 }, out: { bytes: 0, items: 0 }, droppedBytes: {} };
  const nothing = { local: null, peer: null, nextRetryAt: null, error: null };
  const lists = { messages: [], reasons: {}, notes: [], faults: [] };
  return {
    ...{ name: "front", id: "1", type: "ksocket", hook: null, state: "ready", generation: 1, restarts: 0 },
    ...nothing,
    ...lists,
    connections,
    hooks: [{ ...hook, dropped: { queue_full: dropped } }],
  };
}

function frame(second: number, nodes: readonly NodeStatus[], more: Partial<PageFrame> = {}): PageFrame {
  const time = new Date(second * 1_000).toISOString();
  return { kind: "frame", time, sinceMs: 1_000, topologies: [{ name: "web", nodes }], ...more };
}

const FIRST = { engine: STATUS.engine, names: ["web"] };

test("Store shows the rate since the values before, and none for a node without news", () => {
  const store = new Store();
  store.handle(frame(1, [node(0)], FIRST));
  assert.equal(store.selected.topology, "web");
  store.handle(frame(2, [node(500)]));
  const front = store.topology?.nodes.get("front");
  assert.deepEqual([front?.meter.rate, front?.hooks.get("a")?.rate], [{ in: 500, out: 0 }, { in: 500, out: 0 }]);
  store.handle({ ...frame(3, []), topologies: [] });
  assert.deepEqual(front?.meter.rate, { in: 0, out: 0 });
});

test("Store shows refused connections and dropped items for ten seconds", () => {
  const store = new Store();
  store.handle(frame(1, [node(0, { refused: 5, dropped: 1 })], FIRST));
  const front = () => store.topology?.nodes.get("front");
  assert.equal(front()?.refused, null);
  store.handle(frame(2, [node(0, { refused: 8, dropped: 3 })]));
  assert.deepEqual([front()?.refused?.count, front()?.dropped.get("a")?.count], [3, 2]);
  assert.ok(!store.tick(11_999));
  assert.ok(store.tick(12_000));
  assert.deepEqual([front()?.refused, front()?.dropped.size], [null, 0]);
});

test("Store shows no trouble from before a stream was opened", () => {
  const store = new Store();
  const pushed = (second: number, ms: number, refused: number, more: Partial<PageFrame> = {}) => {
    const topologies = [{ name: "web", nodes: [node(0, { refused })], pushedBackMs: { front: ms } }];
    store.handle(frame(second, [], { topologies, ...more }));
    const front = store.topology?.nodes.get("front");
    return [front?.pushedBack?.count ?? 0, front?.refused?.count ?? 0];
  };
  assert.deepEqual(pushed(1, 700, 5, FIRST), [0, 0]);
  assert.deepEqual(pushed(2, 900, 6), [200, 1]);
  assert.deepEqual(pushed(100, 5_000, 9, FIRST), [0, 0]);
  assert.deepEqual(pushed(101, 5_100, 10), [100, 1]);
});

test("Store begins again with another engine, and selects a topology that runs", () => {
  const store = new Store();
  store.handle(frame(1, [node(0)], FIRST));
  const engine = { ...STATUS.engine, pid: 8 };
  store.handle({
    kind: "frame",
    time: new Date(2_000).toISOString(),
    sinceMs: 0,
    engine,
    names: ["other"],
    topologies: [],
  });
  assert.deepEqual([[...store.topologies.keys()], store.selected.topology], [[], "other"]);
});

test("RateMeter keeps the rates of five minutes", () => {
  const meter = new RateMeter();
  for (let second = 0; second <= 1_000; second++) {
    meter.update({ in: second * 10, out: 0 }, { time: second * 1_000, sinceMs: 1_000 });
  }
  assert.deepEqual(meter.rate, { in: 10, out: 0 });
  const kept = meter.samples.length * 1_000;
  assert.ok(kept >= KEPT_MS && kept < KEPT_MS * 1.2, String(kept));
});

test("Store has each event once, although a browser that connects again asks for it again", () => {
  const store = new Store();
  const event = { kind: "http", time: "2026-01-01T00:00:00.000Z", level: "info", error: null } as const;
  for (const number of [1, 2, 2, 1, null, 3]) store.handle({ kind: "event", event, number });
  assert.deepEqual([store.events.length, store.lastEvent], [4, 3]);
});
