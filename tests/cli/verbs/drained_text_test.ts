/**
 * The text of the result of `drain`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { formatDrained } from "../../../src/cli/verbs/drain.ts";
import { test } from "../../harness.ts";

test("formatDrained() distinguishes connections that ended on their own from those that were closed", () => {
  const rows = [
    [0, 0, "web: no connections"],
    [1, 0, "web: 1 connection ended in time"],
    [0, 1, "web: 1 connection was closed"],
    [0, 2, "web: 2 connections were closed"],
    [9, 3, "web: 9 connections ended in time, 3 were closed"],
    [1, 1, "web: 1 connection ended in time, 1 was closed"],
  ] as const;
  for (const [ended, closed, text] of rows) assert.equal(formatDrained({ target: "web", ended, closed }), text);
});

test("formatDrained() reports how many connections remain open after a change ended the drain", () => {
  const rows = [
    [0, 0, 1, "web: 1 connection remains open: a change ended the drain"],
    [3, 0, 47, "web: 3 connections ended in time; 47 connections remain open: a change ended the drain"],
  ] as const;
  for (const [ended, closed, remaining, text] of rows) {
    assert.equal(formatDrained({ target: "web", ended, closed, remaining }), text);
  }
});
