/**
 * Rates as text.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import { AsciiError } from "../../src/ascii/error.ts";
import { rate } from "../../src/ascii/rate.ts";
import { test } from "../harness.ts";

test("rate reads a count and its unit, and prints them", () => {
  for (
    const [text, count, spanMs] of [["100/s", 100, 1_000], ["10/m", 10, 60_000], ["5/h", 5, 3_600_000]] as const
  ) {
    assert.deepEqual(parseText(rate, text), { count, spanMs });
    assert.equal(rate.format({ count, spanMs }), text);
  }
  assert.equal(rate.format(parseText(rate, "7")), "7/s");
});

test("rate rejects what is none, at its place", () => {
  for (
    const [text, offset, hint] of [
      ["fast", 0, "such as 100/s or 10/m"],
      ["0/s", 0, "remove it for no limit"],
      ["-1/s", 0, "such as 100/s or 10/m"],
      ["1.5/s", 0, "such as 100/s or 10/m"],
      ["100/sec", 4, "write 100/s"],
      ["100/day", 4, "units are s, m, h: such as 100/s"],
      ["100/", 4, "units are s, m, h: such as 100/s"],
    ] as const
  ) {
    assert.throws(
      () => parseText(rate, text),
      (error) => error instanceof AsciiError && error.offset === offset && error.hint === hint,
      text,
    );
  }
});
