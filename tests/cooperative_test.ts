/**
 * Long work in pieces, beside other work.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  forEachInTurn,
  runCooperatively,
  runSync,
  type Task,
  Turns as WorkTurns,
  yieldTurn,
} from "../src/cooperative.ts";
import { test } from "./harness.ts";

/** A world whose turns the test gives, and whose clock goes on by 10 ms with every piece of work. */
class Turns {
  #now = 0;
  readonly waiting: (() => void)[] = [];
  readonly pace = {
    clock: { now: () => this.#now, wall: () => new Date(0), after: () => ({ cancel: () => {} }) },
    yieldToLoop: () => new Promise<void>((resolve) => this.waiting.push(resolve)),
  };

  /** Works for a while. */
  work(): void {
    this.#now += 10;
  }

  /** Gives a turn to everybody who waits for one now. */
  async pass(): Promise<number> {
    const now = this.waiting.splice(0);
    for (const resolve of now) resolve();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return now.length;
  }
}

test("inPieces() lets works that rest at once go on one a turn, so that none of them makes others wait for all", async () => {
  const turns = new Turns();
  const done: string[] = [];
  function* work(name: string): Task<void> {
    for (let piece = 0; piece < 3; piece++) {
      done.push(`${name}${piece}`);
      turns.work();
      yield;
    }
  }
  const all = Promise.all(["a", "b", "c"].map((name) => runCooperatively(work(name), turns.pace)));
  await turns.pass();
  for (let turn = 0; turn < 48; turn++) {
    const before = done.length;
    assert.ok(await turns.pass() <= 1);
    assert.ok(done.length <= before + 1, done.join(" "));
  }
  await all;
  assert.deepEqual([...done].sort(), ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"]);
});

test("rest() takes another turn where other work had the thread meanwhile, a few times at most", async () => {
  for (const [busy, expected] of [[0, 1], [2, 3], [100, 4]] as const) {
    let turns = 0;
    let now = 0;
    const clock = { now: () => now, wall: () => new Date(0), after: () => ({ cancel: () => {} }) };
    const others: Promise<void>[] = [];
    const yieldToLoop = () => {
      now += 10;
      // Another work ends a piece in this turn, and rests.
      if (turns++ < busy) others.push(yieldTurn({ clock, yieldToLoop: () => Promise.resolve() }));
      return Promise.resolve();
    };
    await yieldTurn({ clock, yieldToLoop });
    assert.equal(turns, expected);
    await Promise.all(others);
  }
});

test("rest() returns at once without yieldToLoop", async () => {
  let over = false;
  const resting = yieldTurn({ clock: new Turns().pace.clock }).then(() => over = true);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(over, true);
  await resting;
});

test("each() does all of them in order, and may rest on the way", () => {
  const numbers = Array.from({ length: 1_000 }, (_, number) => number);
  const seen: number[] = [];
  const work = forEachInTurn(numbers, (number) => seen.push(number));
  let rests = 0;
  while (work.next().done !== true) rests++;
  assert.deepEqual(seen, numbers);
  assert.ok(rests >= 10);
  runSync(forEachInTurn([], () => assert.fail("there is none")));
});

test("rest() gives no turn directly after another one, and the next one in time", async () => {
  let [now, turns] = [0, 0];
  const clock = { now: () => now, wall: () => new Date(0), after: () => ({ cancel: () => {} }) };
  const pace = { clock, yieldToLoop: () => Promise.resolve(void turns++) };
  for (let piece = 0; piece < 10; piece++) await yieldTurn(pace);
  assert.equal(turns, 1);
  now += 2;
  await yieldTurn(pace);
  assert.equal(turns, 2);
});

test("Turns.next() lets works begin one a turn that are due at the same time", async () => {
  const turns = new Turns();
  const begins = new WorkTurns(turns.pace);
  let begun = 0;
  const all = Promise.all(Array.from({ length: 5 }, async () => {
    await begins.next();
    begun++;
    turns.work();
  }));
  for (let turn = 0; turn < 40; turn++) {
    const before = begun;
    await turns.pass();
    assert.ok(begun <= before + 1, `${begun - before} began in one turn`);
  }
  await all;
  assert.equal(begun, 5);
});
