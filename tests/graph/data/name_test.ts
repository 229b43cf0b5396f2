import assert from "node:assert/strict";
import {
  formatNodeId,
  parseHookName,
  parseNodeId,
  parseNodeName,
  parseScopeName,
  parseTopologyNodeName,
  parseTypeName,
  toNodeId,
} from "../../../src/graph/data/name.ts";
import { refusal } from "../../ascii/refusal.ts";
import { test } from "../../harness.ts";

test("parseNodeName() refuses where the problem is", () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ["a.b", 1, 1],
    ["", 0, 0],
    ["[1f]", 0, 4],
    ["n".repeat(40), 31, 9],
    ["é".repeat(16), 15, 1],
    ["a\0", 1, 1],
  ];
  for (const [text, offset, length] of rows) {
    const got = refusal(() => parseNodeName(text));
    assert.deepEqual([got.code, got.offset, got.length], ["EINVAL", offset, length], text);
  }
});

test("parseTopologyNodeName() also rejects names that are ambiguous in paths", () => {
  for (const [text, offset] of [["a/b", 1], ["a b", 1], ["[0]", 0], ["x]", 1], ["a\x7f", 1]] as const) {
    assert.equal(parseNodeName(text), text);
    assert.equal(refusal(() => parseTopologyNodeName(text)).offset, offset, text);
  }
  assert.equal(parseTopologyNodeName("é#,-_0"), "é#,-_0");
});

test("parseScopeName() accepts 63 of a-z, 0-9 and -", () => {
  assert.equal(parseScopeName("a".repeat(63)), "a".repeat(63));
  assert.equal(refusal(() => parseScopeName("a".repeat(64))).offset, 63);
  assert.equal(refusal(() => parseScopeName("aB")).offset, 1);
  assert.equal(refusal(() => parseScopeName("")).length, 0);
});

test("parseNodeId() and formatNodeId() agree", () => {
  assert.equal(formatNodeId(toNodeId(31)), "[1f]");
  assert.equal(parseNodeId("[1f]"), 31);
  assert.throws(() => toNodeId(0), RangeError);
  assert.throws(() => toNodeId(2 ** 32), RangeError);
});

test("parseHookName() and parseTypeName() keep to their lengths", () => {
  assert.equal(parseHookName("inet/stream/tcp"), "inet/stream/tcp");
  assert.equal(refusal(() => parseHookName("h".repeat(32))).offset, 31);
  assert.equal(parseTypeName("one2many"), "one2many");
  assert.equal(refusal(() => parseTypeName("a b")).offset, 1);
});
