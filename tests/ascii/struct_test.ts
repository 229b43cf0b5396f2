import assert from "node:assert/strict";
import { array } from "../../src/ascii/array.ts";
import { AsciiError } from "../../src/ascii/error.ts";
import { parseText, readLiteral } from "../../src/ascii/parse.ts";
import { boolean, uint32 } from "../../src/ascii/scalar.ts";
import { duration } from "../../src/ascii/duration.ts";
import { OctetReader, OctetWriter } from "../../src/ascii/octets.ts";
import { optional, required, struct, withInitial } from "../../src/ascii/struct.ts";
import { string } from "../../src/ascii/text.ts";
import type { Literal } from "../../src/ascii/literal.ts";
import { test } from "../harness.ts";
import { refusal } from "./refusal.ts";

const limits = struct({
  max: optional(uint32),
  idle: optional(duration),
  verbose: boolean,
  mode: withInitial(string, "fast"),
});
const target = struct({ to: required(string), with: limits });

test("struct leaves absent optional members out and fills the others", () => {
  const value = parseText(limits, "{ max=5 }");
  assert.deepEqual(value, { max: 5, verbose: false, mode: "fast" });
  const max: number | undefined = value.max;
  const verbose: boolean = value.verbose;
  assert.deepEqual([max, verbose], [5, false]);
});

test("struct format elides initial and absent members, in declared order", () => {
  assert.equal(limits.format({ verbose: false, mode: "fast" }), "{}");
  assert.equal(limits.format({ verbose: true, mode: "slow", idle: 0 }), '{ idle=0s verbose=true mode="slow" }');
});

test("struct refuses fields at their offset", () => {
  assert.deepEqual(refusal(() => parseText(limits, "{ max=5 verbos=true }")), {
    code: "ENOENT",
    offset: 8,
    length: 6,
    path: [],
    hint: 'did you mean "verbose"?',
  });
  const refused: readonly (readonly [string, string, number])[] = [
    ["{ max=5 max=6 }", "EALREADY", 8],
    ["{ max=x }", "EINVAL", 6],
    ["{ max= }", "EINVAL", 7],
    ["{ max=5", "EINVAL", 7],
    ["{ max=5 ]", "EINVAL", 8],
    ["{ max 5 }", "EINVAL", 2],
    ["{ max=5, idle=1s }", "EINVAL", 7],
    ["{ max=5 } x", "EINVAL", 10],
    ["max=5", "EINVAL", 0],
    ["", "EINVAL", 0],
  ];
  for (const [text, code, offset] of refused) {
    const { code: gotCode, offset: gotOffset } = refusal(() => parseText(limits, text));
    assert.deepEqual([gotCode, gotOffset], [code, offset], text);
  }
  assert.deepEqual(refusal(() => parseText(target, "{ with={} }")).code, "EOPNOTSUPP");
  assert.equal(refusal(() => parseText(limits, "{ max=5, idle=1s }")).hint, "blanks separate values, not commas");
});

test("struct reads literals and reports the way to an error", () => {
  const literal: Literal = {
    kind: "struct",
    fields: [
      { name: "to", value: { kind: "word", text: "a b" } },
      { name: "with", value: { kind: "struct", fields: [{ name: "max", value: { kind: "word", text: "0x10z" } }] } },
    ],
  };
  assert.deepEqual(refusal(() => readLiteral(target, literal)), {
    code: "EINVAL",
    offset: 4,
    length: 1,
    path: ["with", "max"],
    hint: null,
  });
  const unknown: Literal = { kind: "struct", fields: [{ name: "tu", value: { kind: "word", text: "x" } }] };
  assert.deepEqual(refusal(() => readLiteral(target, unknown)).path, ["tu"]);
  assert.deepEqual(readLiteral(limits, { kind: "word", text: "{ idle=250ms }" }).idle, 250);
});

test("struct with optional members comes back from its octets", () => {
  for (const value of [{ verbose: true, mode: "fast" }, { max: 7, idle: 60_000, verbose: false, mode: "" }]) {
    const writer = new OctetWriter();
    limits.pack(value, writer);
    assert.deepEqual(limits.unpack(new OctetReader(writer.finish())), value);
  }
});

const pair = struct({ one: required(uint32), other: required(uint32), list: optional(array(uint32)) });
const errorsOf = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof AsciiError) {
      return error.all.map((one) => `${one.offset} ${one.path.join("/")} ${one.message}`);
    }
  }
  return [];
};

test("a struct reports everything that is wrong in a text at once, each at its place", () => {
  assert.deepEqual(errorsOf(() => parseText(pair, "{ one=x list=[ 1 y 2 z ] }")), [
    '6  Expected an integer but found "x"',
    '17  Expected an integer but found "y"',
    '21  Expected an integer but found "z"',
    '25  Field "other" is missing',
  ]);
  // Behind a bracket that does not fit nothing can be read.
  assert.equal(errorsOf(() => parseText(pair, "{ one=x list=[ 1 } other=y }")).length, 2);
});

test("a struct reports no field as missing where a name is unknown or its value is wrong", () => {
  assert.deepEqual(errorsOf(() => parseText(pair, "{ one=1 othr=2 }")), ['8  Unknown field "othr"']);
  assert.deepEqual(errorsOf(() => parseText(pair, "{ one=1 other=x }")), ['14  Expected an integer but found "x"']);
});

test("a struct reports everything that is wrong in a literal at once, each with its path", () => {
  const word = (text: string) => ({ kind: "word", text }) as const;
  const list = { kind: "array", elements: [word("1"), word("y")] } as const;
  const fields = [{ name: "one", value: word("x") }, { name: "list", value: list }];
  assert.deepEqual(errorsOf(() => readLiteral(pair, { kind: "struct", fields })), [
    '0 one Expected an integer but found "x"',
    '0 list/1 Expected an integer but found "y"',
    '0  Field "other" is missing',
  ]);
});

test("a value with errors without end is not read to its end", () => {
  assert.equal(errorsOf(() => parseText(pair, `{ list=[ ${"x ".repeat(10_000)}] }`)).length, 50);
});
