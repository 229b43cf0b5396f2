/**
 * Status as a tree, and one node in full.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fitSections } from "../../../../src/cli/verbs/status/fit.ts";
import { nodeSection } from "../../../../src/cli/verbs/status/node_view.ts";
import { treeSection } from "../../../../src/cli/verbs/status/tree_view.ts";
import type { HookStatus, NodeStatus, TopologyStatus } from "../../../../src/reconcile/status/status_types.ts";
import { test } from "../../../harness.ts";
import { nodeStatus } from "../../../support/samples.ts";

const NOW = new Date("2026-01-01T00:00:00.000Z");
const STYLE = { width: 80, base: "/home", now: NOW, paint: (_tone: string, text: string) => text };

function hook(name: string, peer: string | null, dropped: HookStatus["dropped"] = {}): HookStatus {
  return { name, peer, in: { bytes: 2048, items: 2 }, out: { bytes: 10, items: 1 }, dropped, droppedBytes: {} };
}

function node(name: string, rest: Partial<NodeStatus>): NodeStatus {
  return nodeStatus({ name, id: "1f", ...rest });
}

const FRONT = node("front", {
  type: "ksocket",
  hook: "inet/stream/tcp",
  local: "inet/127.0.0.1:80",
  connections: { active: 3, total: 9, refused: 1, byGeneration: { 1: 1, 2: 2 } },
  messages: [{ message: "getname", state: "done", reply: "inet/127.0.0.1:80" }],
  hooks: [hook("inet/stream/tcp", "session/tap", { queue_full: 4 })],
  reasons: { eof: 5 },
});

const WEB: TopologyStatus = {
  name: "web",
  source: { kind: "file", location: "/home/web.yaml", revision: null },
  generation: 2,
  observedGeneration: 2,
  sync: "Synced",
  drift: null,
  confirmUntil: null,
  health: "Healthy",
  conditions: [],
  nodes: [
    FRONT,
    node("far", { state: "degraded", peer: "inet/10.0.0.1:1", error: { code: "ECONNREFUSED", message: "Refused" } }),
    node("session/tap", {
      id: null,
      connections: { active: 3, total: 3, refused: 0, byGeneration: {} },
      hooks: [hook("left", "front"), hook("right", null)],
    }),
  ],
  links: [],
};

test("treeSection() hangs hooks below nodes, and counts copies once a template", () => {
  assert.deepEqual(fitSections([treeSection(WEB, STYLE)], Infinity), [
    "web  generation 2  Synced  Healthy  web.yaml",
    "├─ front  ksocket  ready  inet/127.0.0.1:80  3 connections",
    "│  └─ inet/stream/tcp → session/tap  in 2.0 KiB  out 10  4 dropped (queue_full)",
    "├─ far  tee  degraded  to inet/10.0.0.1:1",
    "└─ session  template, 3 copies",
    "   └─ session/tap  tee  ready",
    "      ├─ left → front  in 2.0 KiB  out 10",
    "      └─ right  in 2.0 KiB  out 10",
    "  far: Refused",
    "  front: connections of generation 1: 1, generation 2: 2",
  ]);
});

test("treeSection() keeps what is not well where rows are few", () => {
  const lines = fitSections([treeSection(WEB, STYLE)], 5);
  assert.equal(lines.length, 5);
  assert.match(lines.join("\n"), /├─ far {2}tee {2}degraded/);
});

test("nodeSection() shows all of a node", () => {
  assert.deepEqual(fitSections([nodeSection(WEB, FRONT, STYLE)], Infinity), [
    "web/front  ksocket inet/stream/tcp  ready  [1f]:",
    "  at inet/127.0.0.1:80, created in generation 1, 0 restarts",
    "  connections: 3 active (generation 1: 1, generation 2: 2), 9 total, 1 refused",
    "  closed or dropped: eof 5",
    "  MESSAGE  STATE  REPLY",
    "  getname  done   inet/127.0.0.1:80",
    "  HOOK             PEER              IN  ITEMS  OUT  ITEMS  DROPPED",
    "  inet/stream/tcp  session/tap  2.0 KiB      2   10      1  queue_full 4",
  ]);
});
