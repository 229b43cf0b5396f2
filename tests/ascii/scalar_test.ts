import assert from "node:assert/strict";
import { array, octets } from "../../src/ascii/array.ts";
import { duration } from "../../src/ascii/duration.ts";
import { nearest } from "../../src/ascii/near.ts";
import { fileMode } from "../../src/ascii/file_mode.ts";
import { formatLiteral, parseText, readLiteral } from "../../src/ascii/parse.ts";
import { boolean, enumeration, hint32, int32, uint64, uint8 } from "../../src/ascii/scalar.ts";
import { size } from "../../src/ascii/size.ts";
import { required, struct } from "../../src/ascii/struct.ts";
import { fixedString, sizedString, string } from "../../src/ascii/text.ts";
import type { AsciiType } from "../../src/ascii/type.ts";
import { test } from "../harness.ts";
import { refusal } from "./refusal.ts";

const algorithm = enumeration({ roundrobin: 1, all: 2, failover: 3 });

function assertRefused(type: AsciiType<unknown>, rows: readonly (readonly [string, string, number, number])[]): void {
  for (const [text, code, offset, length] of rows) {
    const got = refusal(() => parseText(type, text));
    assert.deepEqual([got.code, got.offset, got.length], [code, offset, length], text);
  }
}

test("integer reads decimal and hexadecimal exactly", () => {
  assert.equal(parseText(int32, " -5 "), -5);
  assert.equal(parseText(int32, "+7"), 7);
  assert.equal(parseText(hint32, "0xFFFFFFFF"), 4294967295);
  assert.equal(parseText(uint64, "18446744073709551615"), 18446744073709551615n);
  assert.equal(hint32.format(31), "0x1f");
  assert.ok(Object.is(parseText(int32, "-0"), 0));
});

test("integer refuses at the digit that is wrong", () => {
  assertRefused(uint8, [
    ["256", "EINVAL", 0, 3],
    ["-1", "EINVAL", 0, 2],
    ["017", "EINVAL", 0, 3],
    ["16x", "EINVAL", 2, 1],
    ["1,2", "EINVAL", 1, 2],
    ["7 junk", "EINVAL", 2, 4],
    ["", "EINVAL", 0, 0],
    ["  ", "EINVAL", 2, 0],
    ["0x", "EINVAL", 1, 1],
    ["{", "EINVAL", 0, 1],
  ]);
  assert.equal(refusal(() => parseText(uint8, "017")).hint, "C reads that as octal: write 17");
});

test("enumeration has its words as values and reads their numbers", () => {
  const value: "roundrobin" | "all" | "failover" = parseText(algorithm, "3");
  assert.equal(value, "failover");
  assert.equal(parseText(algorithm, "all"), "all");
  assert.equal(refusal(() => parseText(algorithm, "fialover")).hint, 'did you mean "failover"?');
  assertRefused(algorithm, [["4", "EINVAL", 0, 1], ["toString", "EINVAL", 0, 8]]);
});

test("boolean refuses YAML 1.1 words", () => {
  assert.equal(parseText(boolean, "1"), true);
  assertRefused(boolean, [["yes", "EINVAL", 0, 3], ["constructor", "EINVAL", 0, 11]]);
});

test("duration prints the largest unit that leaves no rest", () => {
  const rows = [["5", 5000, "5s"], ["250ms", 250, "250ms"], ["60s", 60000, "1m"], ["90s", 90000, "90s"]] as const;
  for (const [text, value, canonical] of rows) {
    assert.equal(parseText(duration, text), value, text);
    assert.equal(duration.format(value), canonical);
  }
  assert.equal(duration.format(0), "0s");
  assert.equal(duration.format(3_600_000), "1h");
  assertRefused(duration, [
    ["5sec", "EINVAL", 1, 3],
    ["1.5s", "EINVAL", 1, 3],
    ["05s", "EINVAL", 0, 3],
    ["9999h", "EINVAL", 0, 5],
    ["s", "EINVAL", 0, 1],
    ["5 s", "EINVAL", 2, 1],
  ]);
});

test("size prints the largest unit that leaves no rest", () => {
  assert.equal(parseText(size, "1MiB"), 1048576);
  assert.equal(size.format(65536), "64KiB");
  assert.equal(size.format(1025), "1025");
  assert.equal(size.format(0), "0");
  assertRefused(size, [["1MB", "EINVAL", 1, 2]]);
  assert.equal(refusal(() => parseText(size, "1MB")).hint, "write 1MiB");
});

test("string keeps octets that are no UTF-8, and escapes a digit behind an escape", () => {
  for (const text of ["é1", "\0a", "a\udcffb", "\udc80\udcc3", "\ufeffx", 'q"\\\n', "日本"]) {
    assert.equal(parseText(sizedString, sizedString.format(text)), text);
  }
  assert.equal(string.format("é1"), '"\\xc3\\xa9\\x31"');
  assertRefused(fixedString(4), [
    ['"abcd"', "E2BIG", 0, 6],
    ['"a\\x00"', "EINVAL", 2, 4],
    ['"a\\0"', "EINVAL", 0, 5],
    ['"a', "EINVAL", 0, 2],
    ["abc", "EINVAL", 0, 3],
  ]);
});

test("string accepts a literal's word as it is", () => {
  assert.equal(readLiteral(string, { kind: "word", text: 'a "b' }), 'a "b');
  assert.deepEqual(refusal(() => readLiteral(fixedString(3), { kind: "word", text: "abc" })).code, "E2BIG");
  assert.deepEqual(refusal(() => readLiteral(string, { kind: "none" })).code, "EINVAL");
});

test("array without length is as long as its last element says", () => {
  assert.deepEqual(parseText(array(int32), "[ 1 3=5 6 ]"), [1, 0, 0, 5, 6]);
  assert.equal(array(int32).format([1, 0, 0]), "[ 1 2=0 ]");
  assert.deepEqual([...parseText(octets(), "[ 0x1 4=0xa ]")], [1, 0, 0, 0, 10]);
  assert.equal(octets().format(Uint8Array.of(0, 0, 7)), "[ 2=0x7 ]");
  assert.deepEqual([...parseText(octets(), '"ab"')], [97, 98]);
  assertRefused(array(int32), [
    ["[ 70000=1 ]", "E2BIG", 2, 5],
    ["[ 1 0=2 ]", "EALREADY", 4, 1],
    ["[ 1", "EINVAL", 3, 0],
    ["[ 1 }", "EINVAL", 4, 1],
  ]);
  assertRefused(array(algorithm), [["[ 1=all ]", "EOPNOTSUPP", 8, 0]]);
});

test("array reads literals and reports the index of an error", () => {
  const words = (...texts: string[]) =>
    ({ kind: "array", elements: texts.map((text) => ({ kind: "word", text }) as const) }) as const;
  assert.deepEqual(readLiteral(array(int32), words("1", "0x2")), [1, 2]);
  assert.deepEqual(refusal(() => readLiteral(array(int32), words("1", "two"))).path, [1]);
});

test("formatLiteral() quotes where the type is a string and leaves references alone", () => {
  const literal = { kind: "struct", fields: [{ name: "to", value: { kind: "word", text: "${a.b} c" } }] } as const;
  const { description } = struct({ to: required(string) });
  assert.equal(formatLiteral(description, literal), '{ to="${a.b} c" }');
  assert.equal(formatLiteral(null, literal), "{ to=${a.b} c }");
  assert.equal(formatLiteral(null, { kind: "array", elements: [] }), "[]");
  const message = { kind: "named", name: "message", examples: [], quoted: true } as const;
  assert.equal(formatLiteral(message, { kind: "word", text: 'send "${a.b}"' }), '"send \\"${a.b}\\""');
});

test("nearest() finds what was meant and nothing else", () => {
  assert.equal(nearest("tpc", ["tcp", "udp"]), "tcp");
  assert.equal(nearest("INET", ["inet6", "inet"]), "inet");
  assert.equal(nearest("mesages", ["messages", "nodes"]), "messages");
  assert.equal(nearest("xyz", ["tcp", "udp"]), null);
  assert.equal(nearest("", ["a"]), null);
});

test("fileMode reads what chmod takes, and prints four digits", () => {
  assert.equal(parseText(fileMode, "660"), 0o660);
  assert.equal(parseText(fileMode, "0600"), 0o600);
  assert.equal(fileMode.format(0o60), "0060");
  for (const text of ["6", "0880", "1777", "rw"]) assert.throws(() => parseText(fileMode, text), { code: "EINVAL" });
});
