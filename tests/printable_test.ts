/** Text of others as it may be printed. */
import assert from "node:assert/strict";
import { paint, toStream } from "../src/cli/color.ts";
import { printable, printableLines } from "../src/printable.ts";
import { test } from "./harness.ts";

/** Sets a title, clears the screen, returns, moves by C1, reorders what is read, forges a line. */
const HOSTILE = [
  "\x1b]0;owned\x07",
  "\x1b[2J",
  "safe\rforged",
  "\x9b31m",
  "a\u202eb",
  "x\u2028y",
  "\ufeff",
  "\x00",
  "\x7f",
];

test("printable() leaves no character that steers a terminal", () => {
  for (const text of HOSTILE) {
    assert.match(printable(text), /^[\x20-\x7e]*\\u[0-9a-f]{4}[\x20-\x7e]*$/, JSON.stringify(text));
  }
  assert.equal(printable("a\nb\tc"), "a\\u000ab\\u0009c");
  assert.equal(printableLines("a\nb\tc\r"), "a\nb\tc\\u000d");
  assert.equal(printable('inet/127.0.0.1:80 "é 日本 …"'), 'inet/127.0.0.1:80 "é 日本 …"');
});

test("toStream() lets the colours of this program pass, and no others", () => {
  assert.equal(toStream(paint("bad", "error:")), "\x1b[31merror:\x1b[0m");
  assert.equal(toStream(paint("bad", "a \x1b[31m b")), "\x1b[31ma \\u001b[31m b\x1b[0m");
  // deno-lint-ignore no-control-regex -- Control characters are what this is about.
  for (const text of HOSTILE) assert.doesNotMatch(toStream(text), /[\x00-\x1f\x7f-\x9f]/, JSON.stringify(text));
});
