/**
 * Timers that share: late by a tick at most, never early, and removed when nothing waits.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CoarseTimers, TICK_MS } from "../../src/runtimes/coarse_timers.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { test } from "../harness.ts";

test("CoarseTimers.after() fires once, never early and at most a tick late", () => {
  const clock = new VirtualClock();
  const timers = new CoarseTimers(clock);
  for (const start of [0, 1, 249, 100]) {
    clock.advance(start);
    const due = clock.now() + 5_000;
    const fired: number[] = [];
    timers.after(5_000, () => fired.push(clock.now()));
    clock.advance(20_000);
    const [at = 0] = fired;
    assert.equal(fired.length, 1);
    assert.ok(at >= due && at <= due + TICK_MS, `due ${due}, fired ${at}`);
  }
});

test("CoarseTimers.after() shares one timer among all of a tick", () => {
  const clock = new VirtualClock();
  const timers = new CoarseTimers(clock);
  const fired: string[] = [];
  for (const name of ["a", "b", "c"]) timers.after(5_000, () => fired.push(name));
  assert.equal(clock.pending, 1);
  clock.advance(5_000 + TICK_MS);
  assert.deepEqual(fired, ["a", "b", "c"]);
  assert.equal(clock.pending, 0);
});

test("CoarseTimers leave nothing behind when the last timer of a tick is cancelled", () => {
  const clock = new VirtualClock();
  const timers = new CoarseTimers(clock);
  const one = timers.after(5_000, () => assert.fail("it was cancelled"));
  const other = timers.after(5_000, () => assert.fail("it was cancelled"));
  one.cancel();
  one.cancel();
  assert.equal(clock.pending, 1);
  other.cancel();
  assert.equal(clock.pending, 0);
  const fired: number[] = [];
  timers.after(5_000, () => fired.push(clock.now()));
  other.cancel(); // Late, and about a tick that is over.
  clock.advance(10_000);
  assert.equal(fired.length, 1);
});

test("CoarseTimers do not fire what an earlier one of the same tick cancels, and take new ones from within", () => {
  const clock = new VirtualClock();
  const timers = new CoarseTimers(clock);
  const fired: string[] = [];
  timers.after(5_000, () => {
    fired.push("first");
    second.cancel();
    timers.after(5_000, () => fired.push("third"));
  });
  const second = timers.after(5_000, () => fired.push("second"));
  clock.advance(5_000 + TICK_MS);
  assert.deepEqual(fired, ["first"]);
  clock.advance(5_000 + TICK_MS);
  assert.deepEqual(fired, ["first", "third"]);
  assert.equal(clock.pending, 0);
});
