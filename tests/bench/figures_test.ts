/**
 * How the benchmark reads and sums up what it measures.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseStat } from "../../bench/cpu.ts";
import { formatReport, formatTable, reportOf } from "../../bench/report.ts";
import type { Measured } from "../../bench/row.ts";
import { bulk } from "../../bench/rows/bulk.ts";
import { idle } from "../../bench/rows/idle.ts";
import { parseWrk } from "../../bench/rows/requests.ts";
import type { Entry } from "../../bench/run.ts";
import { quartiles, shuffle, summarize } from "../../bench/statistics.ts";
import { test } from "../harness.ts";

const WRK = `Running 1s test @ http://127.0.0.1:8081/
  Latency Distribution
     50%  416.00us
     99%    1.34ms
  70123 requests in 1.00s, 10.51MB read
Requests/sec:  70061.25
Transfer/sec:     10.50MB
`;

test("parseWrk() reads the rate in thousands and the 99th percentile in milliseconds", () => {
  assert.deepEqual(parseWrk(WRK), { value: 70.06125, asides: [1.34], done: 70123 });
  assert.deepEqual(parseWrk(WRK.replace("1.34ms", "950.00us")).asides, [0.95]);
  assert.deepEqual(parseWrk(WRK.replace("1.34ms", "1.20s")).asides, [1200]);
});

test("parseWrk() refuses figures of a run with errors, and text without figures", () => {
  const errors = "  Socket errors: connect 0, read 3, write 0, timeout 0\n";
  assert.throws(() => parseWrk(WRK.replace("Requests/sec", `${errors}Requests/sec`)), /read 3/);
  assert.throws(() => parseWrk(WRK.replace("Requests/sec", "  Non-2xx or 3xx responses: 7\nRequests/sec")), /Non-2xx/);
  assert.throws(() => parseWrk(""));
  assert.throws(() => parseWrk(WRK.replace("70061.25", "0.00")));
});

test("summarize() takes the middle, or the mean of the two in the middle", () => {
  assert.deepEqual(summarize([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(summarize([4, 1, 2, 10]), { median: 3, min: 1, max: 10 });
  assert.throws(() => summarize([]), RangeError);
});

test("quartiles() takes a quarter, the middle and three quarters", () => {
  assert.deepEqual(quartiles([5, 1, 3, 2, 4]), { first: 2, median: 3, third: 4 });
  assert.deepEqual(quartiles([7]), { first: 7, median: 7, third: 7 });
});

test("shuffle() keeps everything and orders it by chance", () => {
  const chances = [0.9, 0.1, 0.5];
  assert.deepEqual(shuffle(["a", "b", "c"], () => chances.shift() ?? 0), ["b", "c", "a"]);
});

test("reportOf() compares medians with the best peer and leaves out programs that failed", () => {
  const entry = (name: string, role: Entry["role"], values: number[], problem: string | null = null): Entry => {
    const measured = values.map((value): Measured => ({ value, done: value, cpuSeconds: 0.5 * value }));
    return { name, role, measured, problem };
  };
  const report = reportOf({
    row: bulk,
    entries: [
      entry("direct", "direct", [20, 20]),
      entry("slow", "peer", [5]),
      entry("fast", "peer", [10]),
      entry("broken", "peer", [30], "failed: it broke"),
      entry("we", "ours", [11, 13, 12]),
    ],
    problem: null,
  });
  assert.deepEqual(report.missing, [{ name: "broken", why: "failed: it broke" }]);
  const ours = report.figures.find(({ name }) => name === "we");
  assert.equal(ours?.ofBestPeer, 1.2);
  assert.equal(ours?.ofDirect, 0.6);
  assert.equal(ours?.ofBare, null);
  assert.equal(ours?.cpu, 500);
  // Both use the same time for a unit.
  assert.deepEqual(ours?.cpuOfPeer, { first: 1, median: 1, third: 1 });
});

test("parseStat() adds up user and system time, with that of ended children", () => {
  const fields = Array.from({ length: 50 }, (_, index) => [11, 12, 13, 14].includes(index) ? 25 : 9999);
  assert.equal(parseStat(`17 (a) strange) name) S ${fields.slice(1).join(" ")}\n`), 1);
});

test("formatTable() puts names to the left and figures to the right", () => {
  assert.deepEqual(formatTable([["", "k/s"], ["a", "1"], ["long", "22222"]]), [
    "          k/s",
    "  a         1",
    "  long  22222",
  ]);
});

test("reportOf() gives medians of the other figures too, and null for one that was not measured", () => {
  const measured = [3, 1, 2].map((value): Measured => ({ value: 1, asides: [value] }));
  const entries: readonly Entry[] = [{ name: "we", role: "ours", measured, problem: null }];
  const report = reportOf({ row: idle, entries, problem: null });
  assert.deepEqual(report.figures[0]?.asides, [2, null]);
  const [, head = "", line = ""] = formatReport(report).split("\n");
  assert.ok(idle.asideUnits.every((unit) => head.includes(unit)));
  assert.match(line, /2\.00 +-$/);
});
