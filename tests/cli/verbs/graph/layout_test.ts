/**
 * Where things stand in a picture: room for the wires of a fan, boxes that begin at one line.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Box, layOut } from "../../../../src/cli/verbs/graph/layout.ts";
import { test } from "../../../harness.ts";

const box = (id: string, width = 20): Box => ({ id, lane: 0, width, height: 30 });

/** From the hub to the column of its members. */
function gapBehind(members: number): number {
  const ids = Array.from({ length: members }, (_, index) => `member ${index}`);
  const wires = ids.map((to) => ({ from: "hub", to, labelWidth: 0 }));
  const { boxes } = layOut([box("hub"), ...ids.map((id) => box(id))], wires);
  const { x = NaN, width = NaN } = boxes.get("hub") ?? {};
  return (boxes.get("member 0")?.x ?? NaN) - x - width;
}

test("layOut() gives the wires of a fan room, within a bound", () => {
  const [one, five, thirty, hundred] = [1, 5, 30, 100].map(gapBehind);
  assert.ok(Number(one) < Number(five) && Number(five) < Number(thirty), `${one}, ${five}, ${thirty}`);
  assert.equal(hundred, thirty);
});

test("layOut() gives wires that run side by side no more room than one", () => {
  const ids = ["a", "b", "c", "d"];
  const wires = ids.map((id) => ({ from: id, to: `${id}2`, labelWidth: 0 }));
  const { boxes } = layOut(ids.flatMap((id) => [box(id), box(`${id}2`)]), wires);
  assert.equal(boxes.get("a2")?.x, 20 + gapBehind(1));
});

test("layOut() lets the boxes of a column begin at one line, and wires pass the wider ones before they bend", () => {
  const wires = ["narrow", "wide"].map((from) => ({ from, to: "end", labelWidth: 0 }));
  const layout = layOut([box("narrow", 20), box("wide", 100), box("end")], wires);
  assert.deepEqual(["narrow", "wide"].map((id) => layout.boxes.get(id)?.x), [0, 0]);
  assert.deepEqual(layout.wires.map(([start]) => [start?.x, start?.straight]), [[20, 80], [100, 0]]);
});

test("layOut() lets a wire that passes a column go straight on past its boxes", () => {
  const wires = [["a", "wide"], ["wide", "end"], ["a", "end"]].map(([from = "", to = ""]) => ({
    from,
    to,
    labelWidth: 0,
  }));
  const layout = layOut([box("a"), box("wide", 100), box("end")], wires);
  const [, passing] = layout.wires[2] ?? [];
  assert.deepEqual([passing?.x, passing?.straight], [layout.boxes.get("wide")?.x, 100]);
});
