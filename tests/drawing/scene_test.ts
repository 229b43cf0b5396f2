/**
 * The texts of boxes: complete rules, short targets, and no characters that reorder text.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Drawing, DrawnNode } from "../../src/drawing/drawing.ts";
import { sceneOf } from "../../src/drawing/scene.ts";
import { test } from "../harness.ts";

const target = `${"very-long-name.".repeat(6)}example:4430`;

function textsOf(addresses: readonly string[], name = "front"): readonly (readonly string[])[] {
  const node: DrawnNode = { name, template: null, type: "ksocket", hook: null, state: null, counters: [], addresses };
  const outside = [{ id: "target front 0", kind: "target" as const, node: name, target: null, lines: [target] }];
  const drawing: Drawing = { name: "web", description: null, nodes: [node], edges: [], outside };
  return sceneOf(drawing, { rates: false }).boxes.map(({ lines }) => lines.map(({ text }) => text));
}

test("sceneOf() lists the rule without conditions beside the others, and no target that is drawn otherwise", () => {
  const last = "accept, connect inet/127.0.0.1:3";
  const rules = ["accept sni=a.example, connect inet/127.0.0.1:1", "accept sni=b.example, connect inet/127.0.0.1:2"];
  assert.deepEqual(textsOf([...rules, last])[0]?.slice(2), [...rules, last]);
  assert.deepEqual(textsOf([last])[0]?.slice(2), []);
});

test("sceneOf() shortens long targets and shows characters that reorder text by their number", () => {
  const [front, outside] = textsOf([], "l\u202egnol");
  assert.equal(front?.[0], "l\\u202egnol");
  assert.equal(outside?.[0], "very-long-name.very-long…me.example:4430");
});
