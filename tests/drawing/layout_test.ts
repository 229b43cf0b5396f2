/**
 * Where things stand in a picture: room for the wires of a fan, boxes that begin at one line.
 *
 * @module
 */

import fc from "fast-check";
import assert from "node:assert/strict";
import { type Box, layOut } from "../../src/drawing/layout.ts";
import { test } from "../harness.ts";
import { collisions } from "./collisions.ts";

const box = (id: string, width = 20): Box => ({ id, lane: 0, width, height: 30 });

/** From the hub to the column of its members. */
function gapBehind(members: number): number {
  const ids = Array.from({ length: members }, (_, index) => `member ${index}`);
  const wires = ids.map((to) => ({ id: to, from: "hub", to, labelWidth: 0 }));
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
  const wires = ids.map((id) => ({ id, from: id, to: `${id}2`, labelWidth: 0 }));
  const { boxes } = layOut(ids.flatMap((id) => [box(id), box(`${id}2`)]), wires);
  assert.equal(boxes.get("a2")?.x, 20 + gapBehind(1));
});

test("layOut() lets the boxes of a column begin at one line, and wires pass the wider ones before they bend", () => {
  const wires = ["narrow", "wide"].map((from) => ({ id: from, from, to: "end", labelWidth: 0 }));
  const layout = layOut([box("narrow", 20), box("wide", 100), box("end")], wires);
  assert.deepEqual(["narrow", "wide"].map((id) => layout.boxes.get(id)?.x), [0, 0]);
  assert.deepEqual([...layout.wires.values()].map(([start]) => [start?.x, start?.straight]), [[20, 80], [100, 0]]);
});

test("layOut() lets a wire that passes a column go straight on past its boxes", () => {
  const wires = [["a", "wide"], ["wide", "end"], ["a", "end"]].map(([from = "", to = ""]) => ({
    id: `${from} ${to}`,
    from,
    to,
    labelWidth: 0,
  }));
  const layout = layOut([box("a"), box("wide", 100), box("end")], wires);
  const [, passing] = layout.wires.get("a end") ?? [];
  assert.deepEqual([passing?.x, passing?.straight], [layout.boxes.get("wide")?.x, 100]);
});

test("layOut() puts no box on another or into the frame of another lane, whatever joins them", () => {
  const sizes = fc.record({
    lane: fc.nat(3),
    width: fc.integer({ min: 1, max: 200 }),
    height: fc.integer({ min: 1, max: 90 }),
  });
  const end = fc.nat(11);
  const joints = fc.array(fc.record({ from: end, to: end, labelWidth: fc.nat(100) }), { maxLength: 24 });
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 1, maxLength: 12 }), joints, (given, joined) => {
      const boxes = given.map((size, index): Box => ({ id: `${index}`, ...size }));
      const name = (index: number) => `${index % boxes.length}`;
      const wires = joined.map(({ from, to, labelWidth }, index) => {
        return { id: `${index}`, from: name(from), to: name(to), labelWidth };
      });
      const layout = layOut(boxes, wires);
      assert.deepEqual(collisions(boxes, layout), []);
      assert.deepEqual(wires.map(({ id }) => (layout.wires.get(id)?.length ?? 0) >= 2), wires.map(() => true));
    }),
    { numRuns: 40 },
  );
});

test("layOut() keeps the members of a fan in their order, and crosses no wires of a tree", () => {
  const wires = [1, 2, 3, 4].flatMap((hub) => [
    { id: `${hub}`, from: "top", to: `hub ${hub}`, labelWidth: 0 },
    ...[1, 2, 3].map((leaf) => ({
      id: `${hub} ${leaf}`,
      from: `hub ${hub}`,
      to: `leaf ${hub} ${leaf}`,
      labelWidth: 0,
    })),
  ]);
  // As in a file: all hubs, then the leaves of each, one hub after the other.
  const ids = ["top", ...wires.map(({ to }) => to).toSorted()];
  const { boxes } = layOut(ids.map((id) => box(id)), wires);
  for (const column of ["hub", "leaf"]) {
    const heights = ids.filter((id) => id.startsWith(column)).map((id) => boxes.get(id)?.y ?? NaN);
    assert.deepEqual(heights, heights.toSorted((a, b) => a - b));
  }
});
