/**
 * Tables: alignment, widths, cutting.
 *
 * @module
 */

import assert from "node:assert/strict";
import { layOutTable } from "../../src/cli/table.ts";
import { wrapCells } from "../../src/cli/width.ts";
import { truncate, truncateMiddle } from "../../src/cli/width.ts";
import { displayWidth } from "../../src/display_width.ts";
import { test } from "../harness.ts";

const COLUMNS = [{ title: "NODE", least: 6 }, { title: "ADDRESS", least: 10 }, { title: "IN", side: "end" }] as const;

test("layOutTable() aligns numbers at their end", () => {
  assert.deepEqual(layOutTable(COLUMNS, [["a", "x", "1"], ["bb", "y", "100"]], { width: 80 }), [
    "NODE  ADDRESS   IN",
    "a     x          1",
    "bb    y        100",
  ]);
});

test("layOutTable() aligns wide and combining characters", () => {
  const [, first = "", second = ""] = layOutTable(COLUMNS, [["世界", "x", "1"], ["e\u0301", "x", "1"]], { width: 80 });
  assert.equal(first.indexOf("x"), 4); // Two characters of two columns each, then the gap.
  assert.equal(displayWidth(first), displayWidth(second));
});

test("layOutTable() aligns emoji of several code points, and what is printed by its number", () => {
  const names = ["👨‍👩‍👧", "👍🏽", "⚠️", "✅", "🇩🇪", "1️⃣", "ab", "\u001b[2J"];
  const [, ...rows] = layOutTable(COLUMNS, names.map((name) => [name, "x", "1"]), { width: 80 });
  assert.deepEqual(new Set(rows.map((row) => displayWidth(row.slice(0, row.lastIndexOf("x"))))), new Set([11]));
});

test("layOutTable() fits the width by cutting the widest column", () => {
  const rows = [["n".repeat(40), "a".repeat(60), "123456"]];
  const lines = layOutTable(COLUMNS, rows, { width: 50 });
  for (const line of lines) assert.ok(displayWidth(line) <= 50);
  assert.match(lines[1] ?? "", /n….*a….*123456$/);
});

test("layOutTable() never truncates below the least width", () => {
  const [, line = ""] = layOutTable(COLUMNS, [["n".repeat(9), "a".repeat(20), "1"]], { width: 5 });
  assert.equal(line, "nnnnn…  aaaaaaaaa…   1");
});

test("truncate() ends before a wide character that would not fit", () => {
  assert.equal(truncate("世界地図", 6), "世界…");
  assert.equal(truncate("abc", 3), "abc");
  assert.equal(truncate("👍🏽👍🏽👍🏽", 5), "👍🏽👍🏽…");
  assert.equal(truncateMiddle("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧:80", 9), "👨‍👩‍👧…👨‍👩‍👧:80");
});

test("layOutTable() leaves columns of nothing but dashes out first, where there is no room", () => {
  const columns = [{ title: "NODE" }, { title: "ADDRESS", least: 4 }, { title: "PEER" }, { title: "IN" }];
  const rows = [["front", "inet/127.0.0.1:8080", "-", "1"]];
  assert.deepEqual(layOutTable(columns, rows, { width: 30 }), [
    "NODE   ADDRESS              IN",
    "front  inet/127.0.0.1:8080  1",
  ]);
  assert.match(layOutTable(columns, rows, { width: 60 })[0] ?? "", /PEER/);
});

test("layOutTable() truncates an address in its middle, and never its port", () => {
  const columns = [{ title: "NODE" }, { title: "ADDRESS", least: 10, cut: "middle" }] as const;
  const rows = [["front", "inet6/[2001:db8:85a3::8a2e:370:7334]:18080"], ["back", "inet/192.168.178.201:443"]];
  for (let width = 17; width < 50; width++) {
    const [, front = "", back = ""] = layOutTable(columns, rows, { width });
    assert.ok(front.endsWith(":18080") && back.endsWith(":443"), `${width}: ${front} ${back}`);
    assert.ok(front.length <= width && back.length <= width);
  }
  assert.equal(layOutTable(columns, rows, { width: 27 })[2], "back   192.168.178.201:443");
});

test("wrapCells() goes on below the path, and leaves what fits", () => {
  const line =
    "   1  web/front:  msg bind inet/127.0.0.1:8080                          added                       replace";
  assert.deepEqual(wrapCells(line, 200), [line]);
  assert.deepEqual(wrapCells(line, 46), [
    "   1  web/front:  msg bind inet/127.0.0.1:8080",
    "        added  replace",
  ]);
});
