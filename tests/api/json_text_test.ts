/**
 * JSON that arrives and is parsed in pieces, beside what `JSON.parse` makes of it.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { MalformedError } from "../../src/api/fields.ts";
import { JsonText } from "../../src/api/json_text.ts";
import { runSync } from "../../src/cooperative.ts";
import { test } from "../harness.ts";

/** The value of a text that arrives in pieces; undefined where it is refused. */
function inPieces(text: string, { arriving, parsed }: { arriving: number; parsed: number }): unknown {
  const bytes = new TextEncoder().encode(text);
  try {
    const json = new JsonText(bytes.length, parsed);
    for (let at = 0; at < bytes.length; at += arriving) json.add(bytes.subarray(at, at + arriving));
    return runSync(json.value());
  } catch (error) {
    assert.ok(error instanceof MalformedError, String(error));
    return undefined;
  }
}

function whole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SIZES = fc.record({ arriving: fc.integer({ min: 1, max: 40 }), parsed: fc.integer({ min: 1, max: 60 }) });

test("JsonText.value() is the value of the whole text, however that arrives", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, 3), SIZES, (value, indent, sizes) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(inPieces(text, sizes), whole(text));
    }),
    { numRuns: 500 },
  );
});

test("JsonText.value() is empty for brackets with a blank between them", () => {
  for (const text of ["[ ]", "{ }", "[[ ], { }]", '{"a": [ ]}']) {
    assert.deepEqual(inPieces(text, { arriving: 1, parsed: 1 }), whole(text));
  }
});

test("JsonText.value() refuses what is not JSON", () => {
  const slips = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'[]{},:" \\1a', "")), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), slips, SIZES, (value, slips, sizes) => {
      let text = JSON.stringify(value);
      for (const [place, put] of slips) {
        const at = place % (text.length + 1);
        text = text.slice(0, at) + put + text.slice(put === "" ? at + 1 : at);
      }
      assert.deepEqual(inPieces(text, sizes), whole(text));
    }),
    { numRuns: 2_000 },
  );
});

for (
  const text of [
    "[[1,2,3],,4]",
    "[[1,2,3]4]",
    "[1,[1,2,3],]",
    '{"a":[1,2],}',
    "[[1,2,3}]",
    "[1,2]3",
    "",
    " ",
    "]",
    "[,]",
  ]
) {
  test(`JsonText.value() refuses ${text}`, () => {
    for (const parsed of [1, 4, 100]) assert.equal(inPieces(text, { arriving: 1, parsed }), undefined);
  });
}

test("JsonText.value() takes __proto__ for a field as any other", () => {
  const text = '{"__proto__":{"a":[1,2,3]},"b":{"__proto__":1}}';
  assert.equal(JSON.stringify(inPieces(text, { arriving: 5, parsed: 4 })), text);
});

test("JsonText.value() is made in pieces", () => {
  const bytes = new TextEncoder().encode(JSON.stringify({ list: Array.from({ length: 50_000 }, (_, id) => ({ id })) }));
  const json = new JsonText(bytes.length);
  json.add(bytes);
  let rests = 0;
  const work = json.value();
  while (work.next().done !== true) rests++;
  assert.ok(rests >= 10, `${rests}`);
});
