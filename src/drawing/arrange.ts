/**
 * The arrangement of a whole picture: parts that are not joined are laid out alone and stacked, many of them side by
 * side. After a change, boxes that were there before keep their places, and new ones go beside their neighbours; only
 * if that is not possible everything is laid out again.
 *
 * @module
 */

import { type Box, type Layout, layOut, layoutOf, type Placed, type Point, type Wire } from "./layout.ts";

/** Between two parts. */
const PART_GAP = 30;
/** Between parts side by side. */
const STACK_GAP = 60;
/** The height of a stack of parts with which no other is begun. */
const STACK_HEIGHT = 1_600;
/** The proportion of a picture of several stacks. */
const PROPORTION = 1.6;
/** The least room between a new box and others, and between a frame and boxes that are not in it. */
const ROOM = 12;
const FRAME_ROOM = 32;
/** The steps in which a free place is searched, and how many. */
const STEP = 20;
const MAX_STEPS = 120;
/** How much wider a box that keeps its place may become. */
const GROWTH = 16;

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Places boxes and wires.
 *
 * @param before the layout of the picture before the change
 */
export function arrange(boxes: readonly Box[], wires: readonly Wire[], before: Layout | null = null): Layout {
  const fresh = stacked(layOutAll(partsOf(boxes, wires)), wires);
  if (before === null) return fresh;
  return continued(fresh, { before, wires }) ?? fresh;
}

interface Part {
  readonly boxes: readonly Box[];
  readonly wires: readonly Wire[];
}

/** The parts that are joined by wires or by a lane, in the order of their first boxes. */
function partsOf(boxes: readonly Box[], wires: readonly Wire[]): readonly Part[] {
  const leaders = new Map(boxes.map(({ id }) => [id, id]));
  const leaderOf = (id: string): string => {
    let leader = id;
    for (let next = leaders.get(leader) ?? leader; next !== leader; next = leaders.get(leader) ?? leader) leader = next;
    leaders.set(id, leader);
    return leader;
  };
  const lanes = new Map<number, string>();
  const joints = [
    ...wires.map(({ from, to }) => [from, to] as const),
    ...boxes.filter(({ lane }) => lane > 0).map(({ id, lane }) => {
      const first = lanes.get(lane) ?? id;
      lanes.set(lane, first);
      return [first, id] as const;
    }),
  ];
  for (const [a, b] of joints) leaders.set(leaderOf(b), leaderOf(a));
  const wiresOf = Map.groupBy(wires, ({ from }) => leaderOf(from));
  return [...Map.groupBy(boxes, ({ id }) => leaderOf(id))].map(([leader, members]) => {
    return { boxes: members, wires: wiresOf.get(leader) ?? [] };
  });
}

/** Lays out each part; parts of the same form are laid out once, as of a topology with hundreds of similar nodes. */
function layOutAll(parts: readonly Part[]): readonly Layout[] {
  const known = new Map<string, Layout>();
  return parts.map(({ boxes, wires }) => {
    const index = new Map(boxes.map(({ id }, place) => [id, String(place)]));
    const plain = {
      boxes: boxes.map((box, place): Box => ({ ...box, id: String(place) })),
      wires: wires.map(({ from, to, labelWidth }, place): Wire => {
        return { id: String(place), from: index.get(from) ?? "", to: index.get(to) ?? "", labelWidth };
      }),
    };
    const form = JSON.stringify(plain);
    const layout = known.get(form) ?? layOut(plain.boxes, plain.wires);
    known.set(form, layout);
    return {
      ...layout,
      boxes: named(layout.boxes, boxes, (placed, { id }) => ({ ...placed, id })),
      wires: named(layout.wires, wires, (points) => points),
    };
  });
}

/** The values of a plain layout, by the names of what it is of. */
function named<T, Of extends { readonly id: string }>(
  values: ReadonlyMap<string, T>,
  of: readonly Of[],
  as: (value: T, one: Of) => T,
): ReadonlyMap<string, T> {
  return new Map(of.flatMap((one, place) => {
    const value = values.get(String(place));
    return value === undefined ? [] : [[one.id, as(value, one)] as const];
  }));
}

/** One layout of several, one below the other, in as many stacks as the picture needs. */
function stacked(parts: readonly Layout[], wires: readonly Wire[]): Layout {
  const sizes = parts.map(roomOf);
  const total = sizes.reduce((sum, { height }) => sum + height + PART_GAP, 0);
  const widest = Math.max(0, ...sizes.map(({ width }) => width));
  const limit = Math.max(STACK_HEIGHT, Math.sqrt(total * (widest + STACK_GAP) / PROPORTION));
  const boxes = new Map<string, Placed>();
  const passing = new Map<string, readonly Point[]>();
  let [left, top, width] = [0, 0, 0];
  for (const [index, part] of parts.entries()) {
    const size = sizes[index] ?? { left: 0, above: 0, width: 0, height: 0 };
    if (top > 0 && top + size.height > limit) [left, top, width] = [left + width + STACK_GAP, 0, 0];
    const [dx, dy] = [left + size.left, top + size.above];
    for (const [id, box] of part.boxes) boxes.set(id, { ...box, x: box.x + dx, y: box.y + dy });
    for (const [id, points] of part.wires) {
      passing.set(id, points.slice(1, -1).map((point) => ({ ...point, x: point.x + dx, y: point.y + dy })));
    }
    top += size.height + PART_GAP;
    width = Math.max(width, size.width);
  }
  return layoutOf(boxes, { wires, passing });
}

/** The room of a part with the frames around its lanes. */
function roomOf({ lanes, width, height }: Layout): { left: number; above: number; width: number; height: number } {
  const frames = lanes.slice(1).filter((lane) => lane !== null);
  const left = frames.some(({ x }) => x === 0) ? FRAME_ROOM : 0;
  const above = frames.some(({ y }) => y < FRAME_ROOM) ? FRAME_ROOM : 0;
  return { left, above, width: left + width, height: above + height + (frames.length > 0 ? ROOM : 0) };
}

/** The layout before with new boxes beside their neighbours; null if they have no room there. */
function continued(
  fresh: Layout,
  { before, wires }: { readonly before: Layout; readonly wires: readonly Wire[] },
): Layout | null {
  const places = new Map<string, Placed>();
  for (const [id, box] of fresh.boxes) {
    const old = before.boxes.get(id);
    if (old === undefined || old.lane > 0 !== box.lane > 0) continue;
    if (box.width > old.width + old.past + GROWTH) return null;
    places.set(id, { ...box, x: old.x, y: old.y, past: Math.max(0, old.past + old.width - box.width) });
  }
  if (places.size === 0) return null;
  const neighbours = neighboursOf(wires);
  const missing = [...fresh.boxes.values()].filter(({ id }) => !places.has(id));
  for (let rest = missing; rest.length > 0;) {
    const beside = rest.filter(({ id }) => (neighbours.get(id) ?? []).some((other) => places.has(other)));
    for (const box of beside.length > 0 ? beside : rest.slice(0, 1)) {
      const next = (neighbours.get(box.id) ?? []).find((other) => places.has(other)) ?? null;
      const place = freePlace(wishOf(box, { next, fresh, places }), [...places.values()]);
      if (place === null) return null;
      places.set(box.id, place);
    }
    rest = rest.filter(({ id }) => !places.has(id));
  }
  const kept = new Map<string, readonly Point[]>();
  for (const { id, from, to } of wires) {
    if (before.boxes.has(from) && before.boxes.has(to)) kept.set(id, before.wires.get(id)?.slice(1, -1) ?? []);
  }
  const inOrder = new Map([...fresh.boxes.keys()].flatMap((id) => {
    const place = places.get(id);
    return place === undefined ? [] : [[id, place] as const];
  }));
  const layout = layoutOf(inOrder, { wires, passing: kept });
  return isClear(layout) ? layout : null;
}

/** Where a new box should be: as far from a neighbour as in the fresh layout, or below everything. */
function wishOf(
  box: Placed,
  { next, fresh, places }: {
    readonly next: string | null;
    readonly fresh: Layout;
    readonly places: ReadonlyMap<string, Placed>;
  },
): Placed {
  const [old, now] = [places.get(next ?? ""), fresh.boxes.get(next ?? "")];
  if (old !== undefined && now !== undefined) {
    return { ...box, x: Math.max(0, old.x + box.x - now.x), y: Math.max(0, old.y + box.y - now.y) };
  }
  return { ...box, y: Math.max(...[...places.values()].map(({ y, height }) => y + height)) + PART_GAP };
}

/** The nearest free place above or below. */
function freePlace(box: Placed, others: readonly Placed[]): Placed | null {
  for (let step = 0; step < MAX_STEPS; step++) {
    const y = box.y + (step % 2 === 0 ? step / 2 : -(step + 1) / 2) * STEP;
    if (y < 0) continue;
    const here = { ...box, y };
    if (others.every((other) => !meet(here, other, ROOM)) && isOutside(here, others)) return here;
  }
  return null;
}

/** Whether a box is not in the frame of a lane that is not its own. */
function isOutside(box: Placed, others: readonly Placed[]): boolean {
  const lanes = Map.groupBy(others.filter(({ lane }) => lane > 0 && lane !== box.lane), ({ lane }) => lane);
  return [...lanes.values()].every((members) => !meet(box, areaOf(members), FRAME_ROOM));
}

/** Whether no box covers another, and each frame has only its own boxes. */
function isClear({ boxes, lanes }: Layout): boolean {
  const all = [...boxes.values()].toSorted((a, b) => a.y - b.y);
  const apart = all.every((a, index) => {
    for (const b of all.slice(index + 1, index + 200)) {
      if (b.y >= a.y + a.height) return true;
      if (meet(a, b, 0)) return false;
    }
    return true;
  });
  return apart &&
    lanes.every((frame, lane) =>
      lane === 0 || frame === null || all.every((box) => box.lane === lane || !meet(frame, box, ROOM))
    );
}

function neighboursOf(wires: readonly Wire[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { from, to } of wires) {
    found.set(from, [...found.get(from) ?? [], to]);
    found.set(to, [...found.get(to) ?? [], from]);
  }
  return found;
}

function areaOf(boxes: readonly Placed[]): Area {
  const [x, y] = [Math.min(...boxes.map((one) => one.x)), Math.min(...boxes.map((one) => one.y))];
  const right = Math.max(...boxes.map((one) => one.x + one.width));
  const bottom = Math.max(...boxes.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}

function meet(a: Area, b: Area, room: number): boolean {
  return a.x < b.x + b.width + room && b.x < a.x + a.width + room &&
    a.y < b.y + b.height + room && b.y < a.y + a.height + room;
}
