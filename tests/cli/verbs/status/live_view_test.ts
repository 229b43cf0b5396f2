/**
 * What `status --watch` adds to the status on a terminal: rates, the order of nodes, the selected one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { LiveView } from "../../../../src/cli/verbs/status/live_view.ts";
import { nodeSection } from "../../../../src/cli/verbs/status/node_view.ts";
import { statusLines, type StatusStyle } from "../../../../src/cli/verbs/status/status_view.ts";
import type { NodeStatus, Status } from "../../../../src/reconcile/status/status_types.ts";
import { VirtualClock } from "../../../../src/runtimes/memory/clock.ts";
import { STATUS } from "../../../api/fake_engine.ts";
import { test } from "../../../harness.ts";

function node(name: string, bytes: number, dropped = 0): NodeStatus {
  const hook = {
    name: "data",
    peer: null,
    in: { bytes, items: 1 },
    out: { bytes: 0, items: 0 },
    dropped: dropped === 0 ? {} : { queue_full: dropped },
    droppedBytes: {},
  };
  const nothing = { local: null, peer: null, nextRetryAt: null, error: null, connections: null };
  const lists = { messages: [], reasons: {}, notes: [], faults: [] };
  return {
    name,
    id: "1",
    type: "hole",
    hook: null,
    state: "ready",
    generation: 1,
    restarts: 0,
    ...nothing,
    ...lists,
    hooks: [hook],
  };
}

function statusOf(...nodes: readonly NodeStatus[]): Status {
  return { ...STATUS, topologies: STATUS.topologies.map((topology) => ({ ...topology, nodes })) };
}

/** A view after two statuses, a second apart. */
function watched(): { readonly live: LiveView; readonly lines: () => readonly string[]; readonly style: StatusStyle } {
  const clock = new VirtualClock();
  const live = new LiveView(clock);
  live.take(statusOf(node("calm", 10), node("busy", 0), node("lossy", 0, 3)));
  clock.advance(1_000);
  const status = statusOf(node("calm", 10), node("busy", 2_048), node("lossy", 100, 4));
  live.take(status);
  const style: StatusStyle = { width: 120, base: "/", now: new Date(0), paint: (_tone, text) => text, live };
  return { live, style, lines: () => status.topologies.flatMap((topology) => statusLines(topology, style)) };
}

const namesIn = (lines: readonly string[]) => lines.slice(2).map((line) => line.replace("> ", "").split(" ")[0]);

test("LiveView shows rates and sorts by them, by errors, or as in the file", () => {
  const { live, lines } = watched();
  assert.match(lines()[3] ?? "", /^busy .* 2\.0 KiB\/s +0 +▁+█ +0$/);
  assert.deepEqual(namesIn(lines()), ["calm", "busy", "lossy"]);
  assert.ok(live.press("r"));
  assert.deepEqual(namesIn(lines()), ["busy", "lossy", "calm"]);
  live.press("e");
  assert.deepEqual(namesIn(lines()), ["lossy", "calm", "busy"]);
  live.press("f");
  assert.deepEqual(namesIn(lines()), ["calm", "busy", "lossy"]);
  assert.ok(!live.press("x"));
});

test("LiveView selects nodes in the order that is shown, and opens one until Escape", () => {
  const { live, lines, style } = watched();
  live.press("r");
  live.press("down");
  live.press("down");
  assert.equal(live.selected, "web/lossy");
  assert.deepEqual(lines().filter((line) => line.startsWith("> ")).length, 1);
  assert.equal(live.opened, null);
  live.press("enter");
  assert.equal(live.opened, "web/lossy");
  const [topology] = STATUS.topologies;
  assert.ok(topology !== undefined);
  const { rows } = nodeSection(topology, node("lossy", 100), style);
  assert.match(rows[0]?.line ?? "", /rate: 100 B\/s in, 0 out {2}▁+█$/);
  live.press("escape");
  assert.equal(live.opened, null);
  live.take(statusOf(node("calm", 10)));
  assert.equal(live.selected, null);
});
