/**
 * Connections and copies one by one, and parts of a status.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { NodeSnapshot, ScopeSnapshot } from "../../../src/graph/data/snapshot.ts";
import { NO_UNNAMED } from "../../../src/graph/data/snapshot.ts";
import { liveNodes } from "../../../src/reconcile/status/live_node.ts";
import { keepSelected, selectStatus } from "../../../src/reconcile/status/status_select.ts";
import type { Status, TopologyStatus } from "../../../src/reconcile/status/status_types.ts";
import { test } from "../../harness.ts";
import { nodeSnapshot, nodeStatus } from "../../support/samples.ts";

function node(id: string, rest: Partial<NodeSnapshot>): NodeSnapshot {
  return nodeSnapshot({ id, generation: 2, ageMs: 5, ...rest });
}

const hook = (inBytes: number, outBytes: number) => ({
  name: "h",
  automatic: false,
  peer: null,
  in: { bytes: inBytes, items: 1 },
  out: { bytes: outBytes, items: 1 },
  dropped: {},
  droppedBytes: {},
});

const REPORT = {
  local: "inet/127.0.0.1:80",
  peer: "inet/127.0.0.1:5000",
  connections: null,
  reasons: {},
  notes: [],
  faults: [],
};

const SNAPSHOT: ScopeSnapshot = {
  name: "web",
  description: null,
  generation: 2,
  templates: [],
  links: [],
  manual: [],
  unnamed: NO_UNNAMED,
  nodes: [
    node("1", { name: "front" }),
    node("2", { owner: "1", type: "ksocket", hook: "data", report: REPORT, hooks: [hook(7, 8)] }),
    node("3", { owner: "2", template: "session/tap", hooks: [hook(1, 2), hook(3, 4)] }),
  ],
};

test("liveNodes() names the owner of each, and its octets as seen from the network", () => {
  const [connection, copy, ...rest] = liveNodes(SNAPSHOT);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [connection?.kind, connection?.node, connection?.owner, connection?.peer, connection?.ageMs],
    ["connection", "front", "1", "inet/127.0.0.1:5000", 5],
  );
  assert.deepEqual([connection?.in.bytes, connection?.out.bytes], [7, 8]);
  assert.deepEqual([copy?.kind, copy?.node, copy?.owner, copy?.template], ["copy", "front", "2", "session/tap"]);
  assert.deepEqual([copy?.in, copy?.out], [{ bytes: 4, items: 2 }, { bytes: 6, items: 2 }]);
});

function topology(name: string, ...names: readonly string[]): TopologyStatus {
  const nodes = names.map((one) => nodeStatus({ name: one }));
  return {
    name,
    source: { kind: "library", location: "", revision: null },
    generation: 1,
    observedGeneration: 1,
    sync: "Synced",
    drift: null,
    confirmUntil: null,
    health: "Healthy",
    conditions: [],
    nodes,
    links: [],
  };
}

const STATUS: Status = {
  formatVersion: 1,
  engine: { version: "1", runtime: "memory", threads: 1, pid: 1, startedAt: "" },
  topologies: [topology("web", "front", "session/tap"), topology("more", "front", "far")],
};

const CASES: readonly (readonly [names: readonly string[], node: string | null, found: readonly string[]])[] = [
  [[], null, ["web: front session/tap", "more: front far"]],
  [["more"], null, ["more: front far"]],
  [[], "front", ["web: front", "more: front"]],
  [[], "web/front", ["web: front"]],
  [[], "session/tap", ["web: session/tap"]],
  [["web"], "web/session/tap", ["web: session/tap"]],
];

test("selectStatus() finds topologies and nodes", () => {
  for (const [names, desired, found] of CASES) {
    const { topologies } = selectStatus(STATUS, { names, node: desired });
    assert.deepEqual(topologies.map(({ name, nodes }) => `${name}: ${nodes.map((one) => one.name).join(" ")}`), found);
  }
});

test("selectStatus() refuses what is not there, keepSelected() leaves it out", () => {
  for (
    const selection of [{ names: ["wep"], node: null }, { names: [], node: "frint" }, { names: ["web"], node: "far" }]
  ) {
    assert.throws(() => selectStatus(STATUS, selection), { name: "NetgraphError", code: "ENOENT" });
    assert.deepEqual(keepSelected(STATUS, selection).topologies, []);
  }
  assert.throws(() => selectStatus(STATUS, { names: [], node: "frint" }), /did you mean "front"/);
});
