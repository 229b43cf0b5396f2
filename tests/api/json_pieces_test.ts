/**
 * JSON in pieces: together they are what JSON.stringify makes, and none of them is much longer than it has to be.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Channel } from "../../src/channel.ts";
import fc from "fast-check";
import { jsonPieces } from "../../src/api/json_pieces.ts";
import { json, lines } from "../../src/api/respond.ts";
import { test } from "../harness.ts";

test("jsonPieces() makes what JSON.stringify makes", () => {
  const value = fc.anything({ maxDepth: 9, withDate: true });
  fc.assert(fc.property(value, (value) => {
    assert.equal([...jsonPieces(value)].join(""), `${JSON.stringify(value) ?? "null"}\n`);
  }));
  const odd = {
    a: undefined,
    b: [undefined, () => 1, Symbol("x")],
    c: "\ud83d\ude00\n\u2028",
    d: new Date(0),
    e: {},
    f: [],
  };
  assert.equal([...jsonPieces(odd)].join(""), `${JSON.stringify(odd)}\n`);
});

test("jsonPieces() splits long values, in lists and in texts", () => {
  const steps = Array.from({ length: 5_000 }, (_, number) => ({ number, text: `msg bind "${"x".repeat(50)}"` }));
  const plans = [{ plan: { steps }, text: "😀é".repeat(200_000) }];
  const pieces = [...jsonPieces({ plans })];
  assert.equal(JSON.stringify(JSON.parse(pieces.join(""))), JSON.stringify({ plans }));
  const longest = Math.max(...pieces.map(({ length }) => length));
  assert.ok(longest < 256 * 1024, `${longest}`);
});

test("json() makes no more of a long answer than is read", async () => {
  let made = 0;
  const steps = Array.from({ length: 20_000 }, (_, number) => ({
    get text() {
      made++;
      return `step ${number} ${"x".repeat(50)}`;
    },
  }));
  const reader = json({ steps }).body?.getReader();
  await reader?.read();
  assert.ok(made < 5_000, `${made} steps were made`);
  await reader?.cancel();
});

test("lines() sends a long line in pieces, and Channel waits for no reader", async () => {
  const gone = new AbortController();
  const events = new Channel<unknown>({ signal: gone.signal });
  const long = { steps: Array.from({ length: 5_000 }, (_, number) => `step ${number} of many`) };
  events.send(long);
  events.send({ kind: "outcome" });
  events.end();
  events.send({ kind: "late" });
  const pieces: string[] = [];
  const decoder = new TextDecoder();
  for await (const piece of lines(events[Symbol.asyncIterator](), gone).body ?? []) pieces.push(decoder.decode(piece));
  assert.ok(pieces.length > 2);
  assert.deepEqual(pieces.join("").trimEnd().split("\n").map((line) => JSON.parse(line)), [long, { kind: "outcome" }]);
});
