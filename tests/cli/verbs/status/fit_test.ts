/**
 * What a terminal of few rows shows.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fitSections, type Section } from "../../../../src/cli/verbs/status/fit.ts";
import { test } from "../../../harness.ts";

/** `abC` is three rows, of which the last is urgent. */
function section(name: string, rows: string, tail: readonly string[] = []): Section {
  const listed = [...rows].map((line) => ({ line, urgent: line !== line.toLowerCase() }));
  return { head: [name], title: ["title"], rows: listed, tail };
}

test("fitSections() shows all where there is room", () => {
  const all = ["one", "title", "a", "b", "", "two", "title", "c", "why"];
  const sections = [section("one", "ab"), section("two", "c", ["why"])];
  assert.deepEqual(fitSections(sections, Infinity), all);
  assert.deepEqual(fitSections(sections, all.length), all);
});

test("fitSections() hides calm rows first, of the longest table, and reports how many", () => {
  assert.deepEqual(fitSections([section("one", "abCd"), section("two", "e")], 8), [
    "one",
    "title",
    "C",
    "",
    "two",
    "title",
    "e",
    "… 3 rows hidden",
  ]);
});

test("fitSections() leaves heads close together when no row has room", () => {
  const sections = ["a", "b", "c"].map((name) => section(name, "xyz"));
  assert.deepEqual(fitSections(sections, 4), ["a", "b", "c", "… 9 rows hidden"]);
  assert.deepEqual(fitSections(sections, 3), ["a", "b", "… 9 rows hidden, 1 more lines below"]);
});

test("fitSections() never takes more rows than there are", () => {
  const sections = [section("one", "aBcDe", ["why"]), section("two", ""), section("three", "xyzXYZ", ["p", "q"])];
  for (let room = 1; room < 30; room++) {
    const lines = fitSections(sections, room);
    assert.ok(lines.length <= room, `${lines.length} lines in ${room}`);
  }
});

test("fitSections() is quick with many nodes", () => {
  const sections = Array.from({ length: 20 }, (_, index) => section(`s${index}`, "n".repeat(1_000)));
  assert.equal(fitSections(sections, 24).length, 24);
});
