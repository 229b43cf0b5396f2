/**
 * Maps and sets that are rebuilt, which must not be observable.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CompactingMap, CompactingSet } from "../src/compacting_map.ts";
import { test } from "./harness.ts";

test("CompactingMap keeps what a Map keeps, in the same order, through thousands of comings and goings", () => {
  const churned = new CompactingMap<number, string>();
  const plain = new Map<number, string>();
  for (let key = 0; key < 5_000; key++) {
    for (const map of [churned, plain]) map.set(key, `value ${key}`);
    const gone = key - 1 - (key * 7919) % 40;
    assert.equal(churned.delete(gone), plain.delete(gone));
    assert.equal(churned.size, plain.size);
  }
  assert.deepEqual([...churned.keys()], [...plain.keys()]);
  assert.deepEqual([...churned.values()], [...plain.values()]);
  assert.equal(churned.get(4_999), plain.get(4_999));
  assert.equal(churned.has(-1), false);
});

test("CompactingMap.delete() may be called for every entry while going through them", () => {
  const map = new CompactingMap<number, string>();
  for (let key = 0; key < 100; key++) map.set(key, "");
  const met: number[] = [];
  for (const key of map.keys()) {
    met.push(key);
    map.delete(key);
  }
  assert.equal(met.length, 100);
  assert.equal(map.size, 0);
});

test("CompactingSet has each member once, and delete() returns whether it was a member", () => {
  const set = new CompactingSet<string>();
  for (const member of ["a", "b", "a"]) set.add(member);
  assert.deepEqual([...set], ["a", "b"]);
  assert.equal(set.size, 2);
  assert.equal(set.delete("a"), true);
  assert.equal(set.delete("a"), false);
  assert.deepEqual([...set], ["b"]);
});
