import { strict as assert } from "node:assert";
import { test } from "../../harness.ts";
import { nodeSnapshot } from "../../support/samples.ts";
import type { HookSnapshot } from "../../../src/graph/data/counts.ts";
import type { MessageRecord, NodeSnapshot, ScopeSnapshot } from "../../../src/graph/data/snapshot.ts";
import { type CopiesSnapshot, NO_UNNAMED, type UnnamedSnapshot } from "../../../src/graph/data/snapshot.ts";
import { countConnections } from "../../../src/reconcile/plan/connections.ts";
import { stateOf } from "../../../src/reconcile/diff/observe.ts";
import { type TopologyFacts, topologyStatus } from "../../../src/reconcile/status/status.ts";
import type { TopologyStatus } from "../../../src/reconcile/status/status_types.ts";
import { busNode, FAKE_TYPES, sockNode, web } from "../fake_types.ts";

const NONE = { bytes: 0, items: 0 };

function hook(name: string, rest: Partial<HookSnapshot> = {}): HookSnapshot {
  return { name, automatic: false, peer: null, in: NONE, out: NONE, dropped: {}, droppedBytes: {}, ...rest };
}

function record(command: string, argument: string | null, rest: Partial<MessageRecord> = {}): MessageRecord {
  return { command, argument, phase: "done", reply: null, error: null, declared: true, ...rest };
}

function node(id: string, rest: Partial<NodeSnapshot>): NodeSnapshot {
  return nodeSnapshot({ id, type: "sock", hook: "inet/stream/tcp", ...rest });
}

function scope(nodes: readonly NodeSnapshot[], unnamed: Partial<UnnamedSnapshot> = {}): ScopeSnapshot {
  const all = { ...NO_UNNAMED, ...unnamed };
  return { name: "web", description: null, generation: 1, templates: [], nodes, unnamed: all, links: [], manual: [] };
}

const listener = node("1", {
  name: "front",
  messages: [record("bind", '"80"'), record("listen", "5"), record("getname", null, { reply: '"80"' })],
  hooks: [hook("inet/stream/tcp", { in: { bytes: 10, items: 2 }, out: { bytes: 20, items: 4 } })],
  report: {
    local: "inet/127.0.0.1:80",
    peer: null,
    connections: { active: 2, total: 17, refused: 0, byGeneration: { 1: 2 } },
    reasons: { eof: 15 },
    notes: ["backlog is a hint"],
  },
});

/** Copies of a template's node, as the graph reports them. */
const COPIES: CopiesSnapshot = {
  template: "session/upstream",
  type: "sock",
  hook: "inet/stream/tcp",
  ready: true,
  byGeneration: { 1: 1, 3: 2 },
  hooks: [hook("inet/stream/tcp", { in: { bytes: 10, items: 2 }, dropped: { queue_full: 2 } })],
  reasons: { reset: 1 },
  results: { accepted: 5 },
};

const bus = node("9", {
  name: "bus",
  type: "bus",
  hook: null,
  hooks: [hook("link*", { automatic: true, peer: "front", out: { bytes: 6, items: 2 } })],
});

function statusOf(snapshot: ScopeSnapshot | null, rest: Partial<TopologyFacts> = {}): TopologyStatus {
  return topologyStatus({
    confirmUntil: null,
    types: FAKE_TYPES,
    desired: web([sockNode("front", ['bind "80"', "listen 5", "getname"]), busNode("bus")]),
    snapshot,
    source: { kind: "file", location: "web.yaml", revision: null },
    generation: 1,
    observedGeneration: 1,
    applying: false,
    suspended: false,
    retries: new Map(),
    verified: new Map([["front", new Set(['bind "80"'])]]),
    waiting: new Set(),
    stallCause: null,
    conditions: [],
    now: new Date(0),
    ...rest,
  });
}

test("topologyStatus() folds connections into their listener and copies into their template's node", () => {
  const { nodes, sync, health } = statusOf(scope([listener, bus], { copies: [COPIES] }));
  assert.equal(sync, "Synced");
  assert.equal(health, "Healthy");
  assert.deepEqual(nodes.map((one) => one.name), ["front", "bus", "session/upstream"]);
  const [front, , upstream] = nodes;
  assert.deepEqual(front?.connections, { active: 2, total: 17, refused: 0, byGeneration: { 1: 2 } });
  assert.deepEqual(front?.hooks[0]?.in, { bytes: 10, items: 2 });
  assert.deepEqual(front?.hooks[0]?.out, { bytes: 20, items: 4 });
  assert.equal(upstream?.id, null);
  assert.deepEqual(upstream?.connections, { active: 3, total: 5, refused: 0, byGeneration: { 1: 1, 3: 2 } });
  assert.deepEqual([upstream?.generation, upstream?.state, upstream?.reasons], [3, "ready", { reset: 1 }]);
  assert.deepEqual(upstream?.hooks.map((one) => [one.name, one.in.bytes, one.dropped]), [
    ["inet/stream/tcp", 10, { queue_full: 2 }],
  ]);
});

test("topologyStatus() lists hooks that lead to connections, and connections that outlive their listener", () => {
  const { nodes, outliving } = statusOf(scope([listener, bus], { outliving: { 1: 7 } }));
  const hooks = nodes[1]?.hooks.map((one) => [one.name, one.peer, one.out.bytes]);
  assert.deepEqual(hooks, [["link*", "front", 6]]);
  assert.deepEqual(outliving, { 1: 7 });
  assert.equal(statusOf(scope([listener, bus])).outliving, undefined);
});

test("topologyStatus() reports done only of what was seen", () => {
  const { nodes } = statusOf(scope([listener, bus]));
  assert.deepEqual(nodes[0]?.messages, [
    { message: 'bind "80"', state: "done", reply: null },
    { message: "listen 5", state: "unverified", reply: null },
    { message: "getname", state: "done", reply: '"80"' },
  ]);
});

test("topologyStatus() misses what is not there", () => {
  for (const snapshot of [null, scope([bus])]) {
    const status = statusOf(snapshot);
    assert.equal(status.health, "Missing");
    assert.equal(status.sync, "OutOfSync");
    assert.equal(status.drift, "nodes.front");
    assert.equal(status.conditions[0]?.reason, "NodeMissing");
    assert.equal(status.nodes[0]?.state, "pending");
  }
});

test("topologyStatus() is OutOfSync where the source wants something else than what runs, which is as healthy as ever", () => {
  const snapshot = scope([listener, bus]);
  const seen = (rest: Partial<TopologyFacts>) => {
    const { sync, health, conditions } = statusOf(snapshot, rest);
    return [sync, health, conditions[2]?.reason];
  };
  assert.deepEqual(seen({}), ["Synced", "Healthy", "Progressing"]);
  const invalid = { reason: "SourceInvalid", message: "x" };
  assert.deepEqual(seen({ stallCause: invalid }), ["Synced", "Healthy", "SourceInvalid"]);
  const failed = { reason: "RolledBack", message: "x" };
  assert.deepEqual(seen({ stallCause: failed }), ["Synced", "Healthy", "RolledBack"]);
  assert.deepEqual(seen({ stallCause: { ...failed, behind: true } }), ["OutOfSync", "Healthy", "RolledBack"]);
  assert.deepEqual(statusOf(null, { generation: 0 }).sync, "OutOfSync");
});

test("topologyStatus() reports that a change of the source is held back", () => {
  const held = statusOf(scope([listener, bus]), { suspended: true, heldBack: true });
  assert.deepEqual([held.sync, held.health, held.heldBack], ["OutOfSync", "Suspended", true]);
  assert.equal(held.conditions[1]?.message, "Reconciling is suspended, and a change of its source is held back");
  assert.equal(statusOf(scope([listener, bus]), { suspended: true }).sync, "Synced");
});

test("topologyStatus() shows a manually created node as drift", () => {
  const status = statusOf(scope([listener, bus, node("a", { name: "extra", messages: [record("bind", '"81"')] })]));
  assert.equal(status.drift, "nodes.extra");
  assert.deepEqual(status.nodes.map((one) => one.name), ["front", "bus", "extra"]);
});

test("stateOf() leaves out what has an owner or no name", () => {
  const connection = node("2", { owner: "1" });
  const state = stateOf(scope([listener, connection, node("20", { owner: "2", template: "session/upstream" })]), {
    types: FAKE_TYPES,
    expected: null,
  });
  assert.deepEqual(state.nodes.map((one) => one.name), ["front"]);
});

test("stateOf() reads a node that stopped halfway by the messages it was sent", () => {
  const desired = web([sockNode("a", ['connect "9"', 'bind "1"'])]);
  const stopped = node("1", {
    name: "a",
    hook: null,
    phase: "failed",
    messages: [record("connect", '"9"', { phase: "failed" })],
  });
  assert.deepEqual(stateOf(scope([stopped]), { types: FAKE_TYPES, expected: desired }), desired);
  const other = { ...stopped, messages: [record("connect", '"8"', { phase: "failed" })] };
  assert.notDeepEqual(stateOf(scope([other]), { types: FAKE_TYPES, expected: desired }), desired);
});

test("countConnections() lists accepted connections, listeners without any, and connectors", () => {
  const session = { ...listener, name: "syslog", hook: "inet/dgram/udp" };
  const up = node("5", {
    name: "up",
    report: { local: null, peer: "inet/10.0.0.1:1", connections: null, reasons: {}, notes: [] },
  });
  const accepted = { listener: "front", sharesSocket: false, needs: ["bus"], count: 2 };
  const found = countConnections(FAKE_TYPES, scope([listener, session, up, bus], { connections: [accepted] }));
  assert.deepEqual(found, [
    { listener: "front", sharesSocket: false, needs: [], count: 0 },
    { listener: "syslog", sharesSocket: true, needs: [], count: 0 },
    { listener: null, sharesSocket: false, needs: ["up"], count: 1 },
    accepted,
  ]);
});

test("topologyStatus() keeps what was counted under names that no node has any more", () => {
  const gone = { ...COPIES, template: "old/up", byGeneration: {}, hooks: [hook("x", { in: { bytes: 7, items: 1 } })] };
  const idle = { ...gone, template: "session/up" };
  const templates = [{ name: "session", parameters: [], entry: { node: "up", hook: null }, nodes: [], links: [] }];
  const { nodes, past } = statusOf({ ...scope([listener, bus], { copies: [gone, idle] }), templates });
  assert.deepEqual(nodes.map(({ name }) => name), ["front", "bus", "session/up"]);
  assert.deepEqual(nodes[2]?.connections, { active: 0, total: 5, refused: 0, byGeneration: {} });
  assert.deepEqual(past?.map(({ name, results }) => [name, results]), [["old/up", { accepted: 5 }]]);
});
