/**
 * What a reader of events gets that is too slow.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EventQueue, QUEUE_LENGTH, type TimedEvent } from "../../src/engine/event_queue.ts";
import { test } from "../harness.ts";

const event = (delayMs: number): TimedEvent => {
  return { time: "2026-01-01T00:00:00.000Z", kind: "retry-planned", topology: "web", node: "a", delayMs };
};

test("EventQueue drops and counts what finds no room, until it is read empty", async () => {
  const queue = new EventQueue();
  for (let count = 0; count < QUEUE_LENGTH + 5; count++) queue.push(event(count));
  queue.end();
  queue.push(event(-1));
  const read: TimedEvent[] = [];
  for await (const item of queue) read.push(item);
  assert.equal(read.length, QUEUE_LENGTH + 1);
  assert.deepEqual(read.at(-2), event(QUEUE_LENGTH - 1));
  assert.deepEqual(read.at(-1), { time: event(0).time, kind: "dropped", count: 5 });
});

test("EventQueue goes on after a gap", async () => {
  const queue = new EventQueue();
  for (let count = 0; count < QUEUE_LENGTH + 1; count++) queue.push(event(count));
  const reader = queue[Symbol.asyncIterator]();
  for (let count = 0; count < QUEUE_LENGTH; count++) await reader.next();
  queue.push(event(7));
  assert.equal(told(await reader.next()), "dropped 2");
  queue.push(event(8));
  assert.equal(told(await reader.next()), "retry-planned 8");
});

test("EventQueue beats only when nothing was told since the last time, and nothing waits", async () => {
  const queue = new EventQueue();
  queue.beat("1");
  queue.beat("2");
  queue.push(event(7));
  queue.beat("3");
  queue.end();
  const read: string[] = [];
  for await (const item of queue) read.push(`${item.kind} ${item.time}`);
  assert.deepEqual(read, ["heartbeat 1", `retry-planned ${event(7).time}`]);
});

function told({ value }: IteratorResult<TimedEvent>): string {
  if (value?.kind === "dropped") return `dropped ${value.count}`;
  return value?.kind === "retry-planned" ? `retry-planned ${value.delayMs}` : "other";
}
