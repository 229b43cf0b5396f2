/**
 * Status for people: it fits, and it says what is wrong.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NO_COLOR } from "../../../../src/cli/color.ts";
import { formatBytes } from "../../../../src/quantity.ts";
import { isWell, statusLines } from "../../../../src/cli/verbs/status/status_view.ts";
import { displayWidth } from "../../../../src/display_width.ts";
import { wrapLines, wrapPainted } from "../../../../src/cli/width.ts";
import type { NodeStatus, TopologyStatus } from "../../../../src/reconcile/status/status_types.ts";
import { test } from "../../../harness.ts";

const NOW = new Date("2026-01-01T00:00:00.000Z");
const plain = { width: 80, base: "/home", now: NOW, paint: (_tone: string, text: string) => text };

const NODE: NodeStatus = {
  name: "front",
  id: "1f",
  type: "ksocket",
  hook: "inet/stream/tcp",
  state: "ready",
  generation: 1,
  local: "inet/127.0.0.1:8080",
  peer: null,
  restarts: 0,
  nextRetryAt: null,
  error: null,
  connections: { active: 12, total: 840, refused: 0, byGeneration: {} },
  messages: [],
  hooks: [{
    name: "inet/stream/tcp",
    peer: null,
    in: { bytes: 1_258_291, items: 1 },
    out: { bytes: 10_093_173_145, items: 1 },
    dropped: {},
    droppedBytes: {},
  }],
  reasons: {},
  notes: [],
  faults: [],
};

function topology(nodes: readonly NodeStatus[], ready = true): TopologyStatus {
  const status = ready ? "True" : "False";
  return {
    name: "web",
    source: { kind: "file", location: "/home/topologies/web.yaml", revision: null },
    generation: 3,
    observedGeneration: 3,
    sync: "Synced",
    drift: null,
    confirmUntil: null,
    health: ready ? "Healthy" : "Degraded",
    conditions: [{ type: "Ready", status, reason: "x", message: "x", lastTransitionTime: NOW.toISOString() }],
    nodes,
    links: [],
  };
}

test("statusLines() reads as in the contract", () => {
  assert.deepEqual(statusLines(topology([NODE]), { ...plain, width: 82 }), [
    "web  generation 3  Synced  Healthy  topologies/web.yaml",
    "NODE   TYPE     STATE  ADDRESS              PEER  ACTIVE  TOTAL       IN      OUT",
    "front  ksocket  ready  inet/127.0.0.1:8080  -         12    840  1.2 MiB  9.4 GiB",
  ]);
});

test("statusLines() never is wider than the terminal, down to 70 columns", () => {
  const long = { ...NODE, name: "世界".repeat(8), local: "inet6/[2001:db8:1234:5678:9abc:def0:1234:5678]:65535" };
  for (const width of [70, 80, 120]) {
    for (const line of statusLines(topology([NODE, long]), { ...plain, width })) {
      assert.ok(displayWidth(line) <= width, `${displayWidth(line)} > ${width}: ${line}`);
    }
  }
});

test("statusLines() reports why a node is degraded, and when it is tried next", () => {
  const nextRetryAt = new Date(NOW.getTime() + 3_500).toISOString();
  const error = { code: "ECONNREFUSED", message: "Connection was refused" } as const;
  const lines = statusLines(topology([{ ...NODE, state: "degraded", nextRetryAt, error }], false), plain);
  assert.equal(lines.at(-1), "  front: Connection was refused; next attempt in 4s");
});

test("statusLines() reports every fault of a node", () => {
  const fault = { code: "ETLS", count: 1, since: NOW.toISOString(), serving: true, complete: true } as const;
  const faults = [
    { ...fault, reason: "ClientsDenied", message: "Clients are refused" },
    { ...fault, reason: "CertificateInvalid", message: "Cannot read the certificate" },
  ] as const;
  const error = { code: "ETLS", message: "Clients are refused" } as const;
  const lines = statusLines(topology([{ ...NODE, state: "degraded", error, faults }]), plain);
  assert.deepEqual(lines.slice(-2), ["  front: Clients are refused", "  front: Cannot read the certificate"]);
});

test("statusLines() reports which generations connections began under, where there are several", () => {
  const connections = { active: 3, total: 3, refused: 0, byGeneration: { 2: 1, 3: 2 } };
  const lines = statusLines({ ...topology([{ ...NODE, connections }]), outliving: { 1: 4 } }, plain);
  assert.deepEqual(lines.slice(3), [
    "  front: connections of generation 2: 1, generation 3: 2",
    "  connections whose listener was replaced or removed, of generation 1: 4",
  ]);
});

test("statusLines() reports in the headline what keeps a topology from going on", () => {
  const web = topology([NODE]);
  const lastTransitionTime = NOW.toISOString();
  const stalled = {
    type: "Stalled",
    status: "True",
    reason: "SourceInvalid",
    message: "x",
    lastTransitionTime,
  } as const;
  const paint = (tone: string, text: string) => `<${tone} ${text}>`;
  const lines = statusLines({ ...web, conditions: [...web.conditions, stalled] }, { ...plain, paint });
  assert.equal(
    lines[0],
    "<strong web>  generation 3  <good Synced>  <good Healthy>  <bad Stalled>  topologies/web.yaml",
  );
  const [awaits] = statusLines({ ...web, confirmUntil: NOW.toISOString() }, { ...plain, width: 60 });
  assert.equal(awaits, "web  generation 3  Synced  Healthy  Unconfirmed  topologies…");
  const [suspended] = statusLines({ ...web, health: "Suspended" }, plain);
  assert.equal(suspended, "web  generation 3  Synced  Suspended  topologies/web.yaml");
});

test("statusLines() reports where on the web or in which commit a topology stands", () => {
  const placeOf = (source: TopologyStatus["source"]) => {
    return statusLines({ ...topology([NODE]), source }, plain)[0]?.split("Healthy  ")[1];
  };
  const [url, repo] = ["https://example.org/web.yaml", "file:///net.git#main:/web.yaml"];
  assert.equal(placeOf({ kind: "url", location: url, revision: "sha256:12" }), url);
  assert.equal(placeOf({ kind: "git", location: repo, revision: "1234567890abcdef" }), `1234567 ${repo}`);
  assert.equal(placeOf({ kind: "stdin", location: "-", revision: null }), "<stdin>");
});

test("statusLines() wraps what is wrong on a terminal, and leaves it whole in a pipe", () => {
  const message = 'Cannot connect "up" to inet/127.0.0.1:1: connection refused; inet6/[::1]:1 answers there';
  const failed = { ...NODE, state: "degraded", error: { code: "ECONNREFUSED", message } } as const;
  const lines = statusLines(topology([failed], false), { ...plain, width: 40 });
  assert.deepEqual(lines.slice(3), [
    '  front: Cannot connect "up" to',
    "    inet/127.0.0.1:1: connection",
    "    refused; inet6/[::1]:1 answers there",
  ]);
  assert.deepEqual(statusLines(topology([failed], false), { ...plain, width: Infinity }).slice(3), [
    `  front: ${message}`,
  ]);
});

test("wrapPainted() gives every part its colour, and counts none of it", () => {
  const [red, none] = ["\u001b[31m", NO_COLOR];
  assert.deepEqual(wrapPainted(`a ${red}bb cc dd${none} e`, 4, " "), [
    `a ${red}bb${none}`,
    ` ${red}cc${none}`,
    ` ${red}dd${none}`,
    " e",
  ]);
  assert.deepEqual(wrapPainted(`${red}bb cc${none}`, 5, " "), [`${red}bb cc${none}`]);
});

test("statusLines() reports why a topology is Stalled, also where a node of it is Degraded", () => {
  const failed = { ...NODE, state: "degraded", error: { code: "ECONNREFUSED", message: "Cannot connect" } } as const;
  const web = topology([failed], false);
  const stalled = (reason: string, message: string) => {
    const condition = { type: "Stalled", status: "True", reason, message, lastTransitionTime: "" } as const;
    return statusLines({ ...web, conditions: [...web.conditions, condition] }, plain).slice(3);
  };
  const own = "  front: Cannot connect";
  assert.deepEqual(stalled("SourceInvalid", "The file has 1 error"), [own, "  Stalled: The file has 1 error"]);
  // What the line of the node says is not said again.
  assert.deepEqual(stalled("ApplyFailed", "Cannot connect"), [own]);
  assert.deepEqual(stalled("NodeFailed", 'Node "front" failed: Cannot connect'), [own]);
});

test("statusLines() names a link that is down between nodes that are ready", () => {
  const message = "Link front - echo:echo is down";
  const down = { type: "Ready", status: "False", reason: "LinkDown", message, lastTransitionTime: "" } as const;
  assert.equal(statusLines({ ...topology([NODE]), conditions: [down] }, plain).at(-1), `  ${message}`);
});

test("isWell() is false where a topology is Stalled, whatever its health", () => {
  const web = topology([NODE]);
  const stalled = (reason: string) => {
    const condition = { type: "Stalled", status: "True", reason, message: "x", lastTransitionTime: "" } as const;
    return { ...web, conditions: [...web.conditions, condition] };
  };
  assert.equal(isWell(stalled("SourceInvalid")), false);
  assert.equal(isWell(stalled("RolledBack")), false);
});

test("statusLines() has a column of dropped items where there are any", () => {
  const [hook] = NODE.hooks;
  const drops = { ...NODE, hooks: hook === undefined ? [] : [{ ...hook, dropped: { reset: 2, queue_full: 1 } }] };
  const lines = statusLines(topology([NODE, drops]), { ...plain, width: 100 });
  assert.deepEqual(lines.slice(1).map((line) => line.trim().split(/ +/).at(-1)), ["DROPPED", "0", "3"]);
});

test("statusLines() reports that a change is held back", () => {
  const lines = statusLines({ ...topology([NODE]), heldBack: true }, plain);
  assert.equal(lines.at(-1), '  suspended, a change is held back: "sockgraph resume web" applies it');
});

test("isWell() is the Ready condition", () => {
  assert.equal(isWell(topology([])), true);
  assert.equal(isWell(topology([], false)), false);
});

test("formatBytes() keeps to three digits and a unit", () => {
  const cases = [[0, "0"], [1023, "1023"], [1024, "1.0 KiB"], [10_240, "10 KiB"], [1_048_000, "1.0 MiB"]] as const;
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test("wrapLines() breaks at blanks, in a list below its second column, in a tree beside its branches", () => {
  const wrapped = (text: string) => wrapLines(text, 20).split("\n");
  assert.deepEqual(wrapped("error: one two three four"), ["error: one two three", "  four"]);
  assert.deepEqual(wrapped("  drain  Accept no more of it"), ["  drain  Accept no", "         more of it"]);
  assert.deepEqual(wrapped("├─ tap → echo  ready  in 0, out 0"), ["├─ tap → echo  ready", "│    in 0, out 0"]);
  for (const columns of [20, Infinity]) assert.equal(wrapLines("  a  b\n\nc d", columns), "  a  b\n\nc d");
});

test("statusLines() shows the ready nodes of an each as one row with their sums, and the others in their own rows", () => {
  const nodes = ["1", "2", "3"].map((port): NodeStatus => ({ ...NODE, name: `game-${port}`, group: "game-*" }));
  const failed: NodeStatus = { ...NODE, name: "game-4", group: "game-*", state: "degraded" };
  const lines = statusLines(topology([...nodes, failed, { ...NODE, group: "alone-*" }]), { ...plain, width: 120 });
  assert.equal(lines.length, 5);
  assert.match(
    lines[2] ?? "",
    /^game-\* \(3 nodes\) +ksocket +ready +inet\/127\.0\.0\.1:8080 and 2 more +- +36 +2520 +3\.6 MiB +28 GiB$/,
  );
  assert.match(lines[3] ?? "", /^game-4 +ksocket +degraded/);
  assert.match(lines[4] ?? "", /^front +ksocket +ready/);
});

test("statusLines() shows a note of several nodes of an each once", () => {
  const nodes = ["1", "2", "3"].map((port): NodeStatus => ({
    ...NODE,
    name: `game-${port}`,
    group: "game-*",
    notes: port === "3" ? ["same", "other"] : ["same"],
  }));
  const lines = statusLines(topology(nodes), plain);
  assert.deepEqual(lines.slice(-2), ["  game-* (3 nodes): same", "  game-3: other"]);
});
