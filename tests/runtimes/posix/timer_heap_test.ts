import assert from "node:assert/strict";
import { TimerHeap } from "../../../src/runtimes/posix/timer_heap.ts";
import { test } from "../../harness.ts";

test("TimerHeap.fireDue() fires in the order of deadlines, equal ones as they were set", () => {
  const heap = new TimerHeap();
  const fired: string[] = [];
  for (const [deadline, name] of [[5, "d"], [1, "a"], [3, "b"], [3, "c"], [9, "e"]] as const) {
    heap.add(deadline, () => fired.push(name));
  }
  assert.equal(heap.next(), 1);
  heap.fireDue(5);
  assert.deepEqual(fired, ["a", "b", "c", "d"]);
  assert.equal(heap.next(), 9);
});

test("TimerHeap.fireDue() leaves what is set meanwhile for the next time", () => {
  const heap = new TimerHeap();
  let fired = 0;
  const again = (): void => {
    fired++;
    heap.add(0, again);
  };
  heap.add(0, again);
  heap.fireDue(10);
  assert.equal(fired, 1);
  heap.fireDue(10);
  assert.equal(fired, 2);
});

test("TimerHeap keeps its order through thousands of timers, most of them cancelled", () => {
  const heap = new TimerHeap();
  const fired: number[] = [];
  const expected: number[] = [];
  let state = 1;
  for (let index = 0; index < 5_000; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const deadline = state % 1_000;
    const timer = heap.add(deadline, () => fired.push(deadline));
    if (index % 10 === 0) expected.push(deadline);
    else timer.cancel();
  }
  heap.fireDue(400);
  heap.fireDue(1_000);
  assert.deepEqual(fired, expected.sort((a, b) => a - b));
  assert.equal(heap.next(), null);
});

test("Timer.cancel() does nothing twice, nor after the timer fired", () => {
  const heap = new TimerHeap();
  let fired = 0;
  const timers = [1, 2, 3].map((deadline) => heap.add(deadline, () => fired++));
  timers[1]?.cancel();
  timers[1]?.cancel();
  heap.fireDue(2);
  timers[0]?.cancel();
  assert.equal(heap.next(), 3);
  heap.fireDue(3);
  assert.equal(fired, 2);
});
