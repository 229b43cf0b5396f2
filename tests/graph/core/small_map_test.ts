/**
 * A map that mostly holds one entry: the same as a Map, with one and with many.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SmallMap } from "../../../src/graph/core/small_map.ts";
import { test } from "../../harness.ts";

const ONE = { name: "one" };
const TWO = { name: "two" };
const THREE = { name: "three" };

test("SmallMap holds none, one, and many, in the order they came", () => {
  const map = new SmallMap<string, { name: string }>();
  assert.deepEqual([map.size, map.get("a"), [...map.keys()], map.list()], [0, undefined, [], []]);
  map.set("a", ONE);
  assert.deepEqual([map.size, map.has("a"), map.has("b"), [...map]], [1, true, false, [["a", ONE]]]);
  map.set("a", TWO);
  assert.deepEqual([map.size, map.get("a")], [1, TWO]);
  map.set("b", THREE);
  assert.deepEqual([map.size, [...map]], [2, [["a", TWO], ["b", THREE]]]);
  assert.deepEqual([map.delete("a"), map.delete("a"), [...map.values()]], [true, false, [THREE]]);
  map.set("a", ONE);
  assert.deepEqual([...map.keys()], ["b", "a"]);
});

test("SmallMap is empty again when its only entry is deleted", () => {
  const map = new SmallMap<string, { name: string }>();
  map.set("a", ONE);
  assert.deepEqual([map.delete("b"), map.delete("a"), map.delete("a")], [false, true, false]);
  assert.deepEqual([map.size, [...map.keys()]], [0, []]);
  map.set("b", TWO);
  assert.deepEqual([...map], [["b", TWO]]);
});

test("SmallMap.rename() leaves an entry at its place", () => {
  const map = new SmallMap<string, { name: string }>();
  map.set("a", ONE);
  map.rename("a", "b");
  assert.deepEqual([...map], [["b", ONE]]);
  map.set("c", TWO);
  map.set("d", THREE);
  map.rename("c", "e");
  assert.deepEqual([...map.keys()], ["b", "e", "d"]);
});
