/**
 * What a subscriber to events gets that reads too slowly.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ControlEvent, wire } from "../../src/api/operations/events.ts";
import { EventSubscriber, QUEUE_LENGTH } from "../../src/engine/event_subscriber.ts";
import { NetgraphError } from "../../src/errors.ts";
import { test } from "../harness.ts";

const TIME = "2026-01-01T00:00:00.000Z";
const event = (delayMs: number): ControlEvent => {
  return wire({ kind: "retry-planned", topology: "web", node: "a", delayMs }, TIME);
};

test("EventSubscriber drops and counts what finds no room, until it is read empty", async () => {
  const subscriber = new EventSubscriber();
  for (let count = 0; count < QUEUE_LENGTH + 5; count++) subscriber.send(event(count));
  subscriber.end();
  subscriber.send(event(-1));
  const read: ControlEvent[] = [];
  for await (const item of subscriber) read.push(item);
  assert.equal(read.length, QUEUE_LENGTH + 1);
  assert.deepEqual(read.at(-2), event(QUEUE_LENGTH - 1));
  assert.deepEqual(read.at(-1), { time: TIME, level: "warn", kind: "dropped", count: 5 });
});

test("EventSubscriber continues after a gap", async () => {
  const subscriber = new EventSubscriber();
  for (let count = 0; count < QUEUE_LENGTH + 1; count++) subscriber.send(event(count));
  const reader = subscriber[Symbol.asyncIterator]();
  for (let count = 0; count < QUEUE_LENGTH; count++) await reader.next();
  subscriber.send(event(7));
  assert.equal(reported(await reader.next()), "dropped 2");
  subscriber.send(event(8));
  assert.equal(reported(await reader.next()), "retry-planned 8");
});

test("EventSubscriber beats only when there was no event since the last beat, and none waits", async () => {
  const subscriber = new EventSubscriber();
  subscriber.beat("1");
  subscriber.beat("2");
  subscriber.send(event(7));
  subscriber.beat("3");
  subscriber.end();
  const read: string[] = [];
  for await (const item of subscriber) read.push(`${item.kind} ${item.time}`);
  assert.deepEqual(read, ["heartbeat 1", `retry-planned ${TIME}`]);
});

test("wire() adds time and level, and of an error leaves code and message", () => {
  const text = JSON.stringify(wire({ kind: "confirmed", topology: "web", generation: 2 }, TIME));
  assert.equal(text, `{"time":"${TIME}","kind":"confirmed","topology":"web","generation":2,"level":"info"}`);
  const error = new NetgraphError("EACCES", "Cannot", { subject: { node: "web/a" } }).toData();
  assert.deepEqual(wire({ kind: "gave-up", topology: "web", node: "a", error }, TIME), {
    time: TIME,
    level: "error",
    kind: "gave-up",
    topology: "web",
    node: "a",
    error: { code: "EACCES", message: "Cannot" },
  });
  const gone = wire({ kind: "control-path", path: "/a", error: null }, TIME);
  assert.deepEqual(gone, { time: TIME, level: "info", kind: "control-path", path: "/a", error: null });
});

function reported({ value }: IteratorResult<ControlEvent, void>): string {
  if (value?.kind === "dropped") return `dropped ${value.count}`;
  return value?.kind === "retry-planned" ? `retry-planned ${value.delayMs}` : "other";
}
