import assert from "node:assert/strict";
import { formatPath, parsePath } from "../../../src/graph/message/path.ts";
import { refusal } from "../../ascii/refusal.ts";
import { test } from "../../harness.ts";

test("parsePath() finds a scope only before the colon", () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ["web/front:", { scope: "web", node: { kind: "name", name: "front" }, hooks: [] }],
    ["web/front:a.b", { scope: "web", node: { kind: "name", name: "front" }, hooks: ["a", "b"] }],
    ["web/:", { scope: "web", node: { kind: "anchor" }, hooks: [] }],
    ["web/:front", { scope: "web", node: { kind: "anchor" }, hooks: ["front"] }],
    ["inet/dgram/udp", { scope: null, node: null, hooks: ["inet/dgram/udp"] }],
    ["foo:inet/dgram/udp", { scope: null, node: { kind: "name", name: "foo" }, hooks: ["inet/dgram/udp"] }],
    ["[1f]:left", { scope: null, node: { kind: "id", id: 31 }, hooks: ["left"] }],
    [".:left", { scope: null, node: { kind: "self" }, hooks: ["left"] }],
    [".", { scope: null, node: null, hooks: [] }],
  ];
  for (const [text, path] of rows) {
    assert.deepEqual(parsePath(text), path, text);
    assert.equal(formatPath(parsePath(text)), text);
  }
});

test("parsePath() refuses at the offset in the whole path", () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ["web/a.b:c", 5, 1],
    ["Web/a:", 0, 1],
    ["/a:", 0, 0],
    ["a:b:c", 3, 1],
    ["a:b..c", 3, 2],
    ["web/[1f]:", 4, 4],
    ["web/.:", 4, 1],
    [":", 0, 0],
    [`a:b.${"h".repeat(32)}`, 35, 1],
    ["[100000001]:", 1, 9],
  ];
  for (const [text, offset, length] of rows) {
    const got = refusal(() => parsePath(text));
    assert.deepEqual([got.code, got.offset, got.length], ["EINVAL", offset, length], text);
  }
});
