import assert from "node:assert/strict";
import type { ApplyEvent } from "../../src/api/apply_event.ts";
import { unreadLines, UnreadSources } from "../../src/engine/unread_sources.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { test } from "../harness.ts";

const URL_SOURCE = { kind: "url", url: "https://me:secret@example.net/web.yaml" } as const;
const NOTICED: ApplyEvent = { kind: "noticed", result: "left", text: "" };

test("UnreadSources lists a source until its request emits an event, without its password", async () => {
  const unread = new UnreadSources(new VirtualClock());
  unread.expect([URL_SOURCE.url]);
  assert.equal(unread.all.length, 1);
  const telling = Promise.withResolvers<void>();
  const done = unread.during([URL_SOURCE], () => {}, async (emit) => {
    await telling.promise;
    emit(NOTICED);
    return unread.all.length;
  });
  assert.deepEqual([...new Set(unreadLines(unread.all))], [
    "https://example.net/web.yaml: The source has not been read yet",
  ]);
  assert.equal(await unread.wait(0), 0);
  telling.resolve();
  assert.equal(await done, 0);
  assert.equal(await unread.wait(1_000), 1_000);
});

test("UnreadSources.wait() reports how much of the time is left, and ends with it", async () => {
  const clock = new VirtualClock();
  const unread = new UnreadSources(clock);
  const stop = Promise.withResolvers<void>();
  const done = unread.during([URL_SOURCE], () => {}, () => stop.promise);
  const late = unread.wait(500);
  clock.advance(500);
  assert.equal(await late, 0);
  const left = unread.wait(5_000);
  clock.advance(2_000);
  stop.resolve();
  await done;
  assert.equal(await left, 3_000);
});
