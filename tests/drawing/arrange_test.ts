/**
 * The arrangement of a picture: parts side by side, and what stays where it was after a change.
 *
 * @module
 */

import fc from "fast-check";
import assert from "node:assert/strict";
import { arrange } from "../../src/drawing/arrange.ts";
import type { Box, Layout, Wire } from "../../src/drawing/layout.ts";
import { test } from "../harness.ts";
import { collisions } from "./collisions.ts";

const box = (id: string, lane = 0): Box => ({ id, lane, width: 100, height: 50 });
const wire = (from: string, to: string): Wire => ({ id: `${from} ${to}`, from, to, labelWidth: 40 });

/** How far the boxes of both layouts have moved at most. */
function farthest(before: Layout, after: Layout): number {
  return Math.max(
    0,
    ...[...before.boxes].map(([id, { x, y }]) => {
      const now = after.boxes.get(id);
      return now === undefined ? 0 : Math.hypot(now.x - x, now.y - y);
    }),
  );
}

const BOXES = ["front", "pool", "one", "two", "other", "sink"].map((id) => box(id));
const WIRES = [wire("front", "pool"), wire("pool", "one"), wire("pool", "two"), wire("other", "sink")];

test("arrange() leaves unchanged boxes where they were when others come or go", () => {
  const before = arrange(BOXES, WIRES);
  const more = [...BOXES.slice(0, 3), box("three"), ...BOXES.slice(3), box("new"), box("far")];
  const changes: readonly (readonly [readonly Box[], readonly Wire[]])[] = [
    [more, [...WIRES, wire("pool", "three"), wire("new", "far")]],
    [BOXES.filter(({ id }) => id !== "two"), WIRES.filter(({ to }) => to !== "two")],
    [[box("first"), ...BOXES], [wire("first", "front"), ...WIRES]],
  ];
  for (const [boxes, wires] of changes) {
    const after = arrange(boxes, wires, before);
    assert.equal(farthest(before, after), 0);
    assert.deepEqual(collisions(boxes, after), []);
    assert.deepEqual([...after.boxes.keys()], boxes.map(({ id }) => id));
  }
});

test("arrange() never puts a box on another or into the frame of another lane, whatever changes", () => {
  const lane = fc.integer({ min: 0, max: 2 });
  const members = fc.array(lane, { minLength: 1, maxLength: 10 });
  const joints = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 12 });
  const picture = fc.tuple(members, joints).map(([lanes, joined]) => {
    const boxes = lanes.map((one, index) => box(`${index}`, one));
    const name = (index: number) => `${index % boxes.length}`;
    const wires = joined.map(([from, to], index) => ({ ...wire(name(from), name(to)), id: `${index}` }));
    return { boxes, wires };
  });
  fc.assert(
    fc.property(picture, picture, (first, second) => {
      const before = arrange(first.boxes, first.wires);
      assert.deepEqual(collisions(first.boxes, before), []);
      assert.deepEqual(collisions(second.boxes, arrange(second.boxes, second.wires, before)), []);
    }),
    { numRuns: 60 },
  );
});

test("arrange() puts many parts side by side", () => {
  const ids = Array.from({ length: 250 }, (_, index) => `${index}`);
  const boxes = ids.flatMap((id) => [box(`in ${id}`), box(`out ${id}`)]);
  const { width, height } = arrange(boxes, ids.map((id) => wire(`in ${id}`, `out ${id}`)));
  assert.ok(width / height > 0.5 && width / height < 4, `${width} × ${height}`);
});
