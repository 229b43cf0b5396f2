/**
 * A graph's port over a channel: what becomes of records that the other end does not take.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ConnectionRecord } from "../../../src/graph/data/connection_record.ts";
import type { ConnectionsEnded } from "../../../src/graph/data/event.ts";
import {
  type Channel,
  type FromGraph,
  MAX_UNTAKEN_RECORDS,
  remotePort,
  servePort,
  type ToGraph,
  transferred,
} from "../../../src/graph/port/port_message.ts";
import { test } from "../../harness.ts";
import { makeGraph } from "../../support/graph.ts";

const RECORD: ConnectionRecord = {
  endedAt: 0,
  topology: "t",
  node: "front",
  generation: 1,
  client: { text: "inet/192.0.2.7", port: 4711 },
  target: null,
  tls: null,
  connectMs: null,
  durationMs: 1,
  bytesIn: 0,
  bytesOut: 0,
  closedBy: "client",
  reason: "eof",
};

/** The limit of records in one event; a batch of the graph. */
const BATCH = 4_096;

/** Two ends of a channel; what is sent to the second waits until the test delivers it. */
function heldChannel(): {
  readonly near: Channel<FromGraph, ToGraph>;
  readonly far: Channel<ToGraph, FromGraph>;
  readonly held: FromGraph[];
  deliver(): void;
} {
  const held: FromGraph[] = [];
  let toNear: (message: ToGraph) => void = () => {};
  let toFar: (message: FromGraph) => void = () => {};
  return {
    near: { post: (message) => held.push(message), listen: (take) => toNear = take, close: () => {} },
    far: { post: (message) => toNear(message), listen: (take) => toFar = take, close: () => {} },
    held,
    deliver: () => {
      for (const message of held.splice(0)) toFar(message);
    },
  };
}

test("Records that wait for a thread that stands still are limited, and what is lost is counted", async () => {
  const { graph, port } = makeGraph();
  const { near, far, held, deliver } = heldChannel();
  servePort(port, near);
  const ended: ConnectionsEnded[] = [];
  remotePort(far).subscribe((event) => event.kind === "connections-ended" && ended.push(event));
  graph.connectionLog.switch({ records: false, lines: "text" });
  const add = (count: number): void => {
    for (let times = 0; times < count; times++) graph.connectionLog.add(RECORD);
  };
  add(MAX_UNTAKEN_RECORDS + 3 * BATCH);
  assert.equal(held.length, MAX_UNTAKEN_RECORDS / BATCH);
  deliver();
  await Promise.resolve();
  // It learns of them with the answer to what it has taken.
  deliver();
  add(BATCH);
  deliver();
  const sum = (of: (event: ConnectionsEnded) => number): number => ended.reduce((all, event) => all + of(event), 0);
  assert.deepEqual([sum(({ count }) => count), sum(({ lost }) => lost)], [MAX_UNTAKEN_RECORDS + BATCH, 3 * BATCH]);
  assert.equal(ended.at(-1)?.lost, 0);
});

test("transferred() finds the memory of lines, and no other", () => {
  const lines = new Uint8Array(8);
  const ended = (own: Uint8Array<ArrayBuffer> | null): FromGraph => ({
    kind: "event",
    event: { kind: "connections-ended", count: 1, lost: 0, records: [], lines: own },
  });
  const changed: FromGraph = { kind: "event", event: { kind: "changed", scope: "t" } };
  assert.deepEqual(transferred([ended(lines), changed, ended(null), { id: 1, call: { kind: "scopes" } }]), [
    lines.buffer,
  ]);
});
