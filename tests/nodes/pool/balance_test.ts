/**
 * How connections are shared among targets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Balanced, selectTarget } from "../../../src/nodes/pool/balance.ts";
import type { Balance } from "../../../src/nodes/pool/target_spec.ts";
import { test } from "../../harness.ts";

interface Trial extends Balanced {
  active: number;
}

function targets(weights: Readonly<Record<string, number>>): Trial[] {
  return Object.entries(weights).map(([name, weight]) => ({ name, weight, active: 0, current: 0 }));
}

/** Numbers that are as good as random, and the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

/** How many of `count` connections each target gets; with `open` they stay. */
function shares(all: Trial[], balance: Balance, count: number, open = false): Readonly<Record<string, number>> {
  const random = numbers(7);
  const got: Record<string, number> = Object.fromEntries(all.map(({ name }) => [name, 0]));
  for (let at = 0; at < count; at++) {
    const target = selectTarget(all, { balance, source: `10.0.${at >> 8}.${at & 255}`, random });
    got[target.name] = (got[target.name] ?? 0) + 1;
    if (open) target.active++;
  }
  return got;
}

test("roundrobin follows weights exactly, and spreads heavy targets", () => {
  assert.deepEqual(shares(targets({ a: 5, b: 1, c: 1 }), "roundrobin", 70), { a: 50, b: 10, c: 10 });
  const all = targets({ a: 5, b: 1, c: 1 });
  const order = Array.from({ length: 7 }, () => {
    return selectTarget(all, { balance: "roundrobin", source: "", random: Math.random }).name;
  });
  assert.deepEqual(order.join(""), "aabacaa");
});

test("leastconn gives a target connections by its weight, and those that end at once in turn", () => {
  assert.deepEqual(shares(targets({ a: 1, b: 2, c: 1 }), "leastconn", 400, true), { a: 100, b: 200, c: 100 });
  assert.deepEqual(shares(targets({ a: 1, b: 1 }), "leastconn", 10), { a: 5, b: 5 });
});

test("random keeps targets nearly even, by weight", () => {
  const { a = 0, b = 0, c = 0 } = shares(targets({ a: 1, b: 1, c: 2 }), "random", 4_000, true);
  for (const [got, share] of [[a, 1_000], [b, 1_000], [c, 2_000]] as const) {
    assert.ok(Math.abs(got - share) < share * 0.05, `${a} ${b} ${c}`);
  }
});

test("first uses the first target", () => {
  assert.deepEqual(shares(targets({ a: 1, b: 9 }), "first", 10), { a: 10, b: 0 });
});

test("source gives a client the same target, by weight, and a new target takes only its share from others", () => {
  const choose = (all: Trial[], source: string) => {
    return selectTarget(all, { balance: "source", source, random: Math.random }).name;
  };
  const sources = Array.from({ length: 4_000 }, (_, at) => `10.${at >> 8}.7.${at & 255}`);
  const three = targets({ a: 1, b: 1, c: 2 });
  const before = sources.map((source) => choose(three, source));
  assert.deepEqual(before, sources.map((source) => choose(three, source)));
  const ofC = before.filter((name) => name === "c").length;
  assert.ok(Math.abs(ofC - 2_000) < 120, `${ofC} of 4000`);
  const four = targets({ a: 1, b: 1, c: 2, d: 1 });
  const after = sources.map((source) => choose(four, source));
  const moved = after.filter((name, at) => name !== before[at]);
  assert.ok(moved.every((name) => name === "d"), "nothing moves between the others");
  assert.ok(Math.abs(moved.length - 800) < 100, `${moved.length} of 4000 moved`);
});
