/**
 * What is where it must not be in a layout.
 *
 * @module
 */

import type { Box, Layout, Placed } from "../../src/drawing/layout.ts";

/** Boxes on boxes, and boxes of one lane within the frame of another. */
export function collisions(boxes: readonly Box[], { boxes: placed, lanes }: Layout): readonly string[] {
  const all = boxes.map(({ id }) => placed.get(id)).filter((one) => one !== undefined);
  const meet = (a: Area, b: Area) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  const onBoxes = all.flatMap((a, index) =>
    all.slice(index + 1).filter((b) => meet(a, b)).map((b) => `${a.id} ${b.id}`)
  );
  const inFrames = lanes.slice(1).flatMap((frame, index) =>
    frame === null ? [] : all.filter((box) => box.lane !== index + 1 && meet(frame, box)).map(({ id }) => `frame ${id}`)
  );
  return [...onBoxes, ...inFrames];
}

type Area = Pick<Placed, "x" | "y" | "width" | "height">;
