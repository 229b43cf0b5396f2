/**
 * Where things stand in a picture: in columns, so that edges lead from left to right, and in lanes, one for the topology
 * itself and one for each template, so that nothing strange ever stands within a template's frame.
 *
 * An edge over several columns has a place of its own in each of them, between the boxes.
 *
 * @module
 */

/** What is to be placed. */
export interface Box {
  readonly id: string;
  /** Lanes are counted from the top. */
  readonly lane: number;
  readonly width: number;
  readonly height: number;
}

/** From one box to another, and how much room what stands on it takes. */
export interface Wire {
  readonly from: string;
  readonly to: string;
  readonly labelWidth: number;
}

/** A box that was placed. */
export interface Placed extends Box {
  readonly x: number;
  readonly y: number;
}

/** A point of a wire. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** How far it goes on without a bend: past the wider boxes of its column. */
  readonly straight: number;
}

/** Everything in its place. */
export interface Layout {
  readonly boxes: ReadonlyMap<string, Placed>;
  /** By wire: its ends, and the places between. */
  readonly wires: readonly (readonly Point[])[];
  /** By lane: from where to where it goes; null where it is empty. */
  readonly lanes:
    readonly ({ readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null)[];
  readonly width: number;
  readonly height: number;
}

const ROW_GAP = 18;
const COLUMN_GAP = 40;
/** What each wire of a fan adds to the gap behind it, so that its wires do not all bend at one place. */
const WIRE_GAP = 8;
/** How many wires of a fan are given room. */
const WIDEST_FAN = 28;
/** Between lanes, with room for a frame and its title. */
const LANE_GAP = 44;
/** How high the place of a wire is that passes by. */
const PASSING = 14;
const SWEEPS = 4;

interface Item extends Box {
  readonly column: number;
}

/** Places boxes and wires; the upper left corner is 0, 0. */
export function layOut(boxes: readonly Box[], wires: readonly Wire[]): Layout {
  const columns = columnsOf(boxes, wires);
  const items: Item[] = boxes.map((box) => ({ ...box, column: columns.get(box.id) ?? 0 }));
  const byId = new Map(items.map((item) => [item.id, item]));
  const chains = wires.map((wire, index) => chainOf(wire, index, byId));
  for (const chain of chains) items.push(...chain.slice(1, -1));
  const neighbours = neighboursOf(chains);
  const count = Math.max(0, ...items.map(({ column }) => column)) + 1;
  const laneCount = Math.max(0, ...items.map(({ lane }) => lane)) + 1;
  const grid = ordered(items, { count, laneCount, neighbours });
  const xs = columnStarts(items, { count, wires, columns });
  const placed = new Map<string, Placed>();
  const lanes: Layout["lanes"][number][] = [];
  let y = 0;
  for (const lane of grid) {
    const heights = lane.map((cell) => cell.reduce((sum, item) => sum + item.height + ROW_GAP, -ROW_GAP));
    const height = Math.max(0, ...heights);
    for (const [column, cell] of lane.entries()) {
      let top = y + (height - (heights[column] ?? 0)) / 2;
      for (const item of cell) {
        placed.set(item.id, { ...item, x: xs[column]?.x ?? 0, y: top });
        top += item.height + ROW_GAP;
      }
    }
    lanes.push(frameOf(lane.flat().filter(({ width }) => width > 0), placed));
    y += height === 0 ? 0 : height + LANE_GAP;
  }
  const right = Math.max(0, ...[...placed.values()].map(({ x, width }) => x + width));
  return {
    boxes: placed,
    wires: chains.map((chain, index) => pointsOf(chain, { index, chains, placed, xs })),
    lanes,
    width: right,
    height: Math.max(0, y - LANE_GAP),
  };
}

/** The longest way to each box; a wire that leads back is left out. */
function columnsOf(boxes: readonly Box[], wires: readonly Wire[]): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  const open = new Set<string>();
  const find = (id: string): number => {
    const known = columns.get(id);
    if (known !== undefined || open.has(id)) return known ?? -1;
    open.add(id);
    const before = wires.filter(({ to, from }) => to === id && from !== id).map(({ from }) => find(from));
    open.delete(id);
    const column = Math.max(-1, ...before) + 1;
    columns.set(id, column);
    return column;
  };
  for (const { id } of boxes) find(id);
  return columns;
}

/** The wire's ends, with a place in each column between. */
function chainOf({ from, to }: Wire, index: number, byId: ReadonlyMap<string, Item>): readonly Item[] {
  const [start, end] = [byId.get(from), byId.get(to)];
  if (start === undefined || end === undefined) return [];
  const between = Math.max(0, end.column - start.column - 1);
  const passing = Array.from({ length: between }, (_, step): Item => {
    return { id: `${index} ${step}`, lane: end.lane, width: 0, height: PASSING, column: start.column + step + 1 };
  });
  return [start, ...passing, end];
}

function neighboursOf(chains: readonly (readonly Item[])[]): ReadonlyMap<string, readonly string[]> {
  const neighbours = new Map<string, string[]>();
  const add = (a: string, b: string) => neighbours.set(a, [...neighbours.get(a) ?? [], b]);
  for (const chain of chains) {
    for (const [index, item] of chain.entries()) {
      const next = chain[index + 1];
      if (next === undefined) continue;
      add(item.id, next.id);
      add(next.id, item.id);
    }
  }
  return neighbours;
}

type Grid = readonly (readonly Item[][])[];

/** By lane and column, each near what it is joined to. */
function ordered(
  items: readonly Item[],
  { count, laneCount, neighbours }: {
    count: number;
    laneCount: number;
    neighbours: ReadonlyMap<string, readonly string[]>;
  },
): Grid {
  const grid = Array.from(
    { length: laneCount },
    (_, lane) =>
      Array.from({ length: count }, (_, column) => items.filter((one) => one.lane === lane && one.column === column)),
  );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const place = new Map<string, number>();
    for (const [lane, columns] of grid.entries()) {
      for (const cell of columns) for (const [row, item] of cell.entries()) place.set(item.id, lane * 1000 + row);
    }
    const weight = ({ id }: Item): number => {
      const near = (neighbours.get(id) ?? []).map((one) => place.get(one) ?? 0);
      return near.length === 0 ? place.get(id) ?? 0 : near.reduce((sum, one) => sum + one, 0) / near.length;
    };
    for (const columns of grid) for (const cell of columns) cell.sort((a, b) => weight(a) - weight(b));
  }
  return grid;
}

/** Where a column is. */
interface Room {
  readonly x: number;
  readonly width: number;
}

function columnStarts(
  items: readonly Item[],
  { count, wires, columns }: { count: number; wires: readonly Wire[]; columns: ReadonlyMap<string, number> },
): readonly Room[] {
  const starts: Room[] = [];
  let x = 0;
  for (let column = 0; column < count; column++) {
    const width = Math.max(0, ...items.filter((item) => item.column === column).map((item) => item.width));
    starts.push({ x, width });
    const leaving = wires.filter(({ from }) => columns.get(from) === column);
    const reaching = wires.filter(({ to }) => columns.get(to) === column + 1);
    const fan = Math.max(1, widest(leaving.map(({ from }) => from)), widest(reaching.map(({ to }) => to)));
    x += width + Math.max(0, ...leaving.map(({ labelWidth }) => labelWidth));
    x += COLUMN_GAP + WIRE_GAP * (Math.min(fan, WIDEST_FAN) - 1);
  }
  return starts;
}

/** How often the most frequent one is there. */
function widest(ids: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function frameOf(items: readonly Item[], placed: ReadonlyMap<string, Placed>): Layout["lanes"][number] {
  const all = items.map(({ id }) => placed.get(id)).filter((one) => one !== undefined);
  if (all.length === 0) return null;
  const x = Math.min(...all.map((one) => one.x));
  const y = Math.min(...all.map((one) => one.y));
  const right = Math.max(...all.map((one) => one.x + one.width));
  const bottom = Math.max(...all.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Wires leave and reach a box side by side, in the order of what is at their other end. */
function pointsOf(
  chain: readonly Item[],
  { index, chains, placed, xs }: {
    index: number;
    chains: readonly (readonly Item[])[];
    placed: ReadonlyMap<string, Placed>;
    xs: readonly Room[];
  },
): readonly Point[] {
  const middle = (item: Item | undefined): number => {
    const box = item === undefined ? undefined : placed.get(item.id);
    return box === undefined ? 0 : box.y + box.height / 2;
  };
  return chain.flatMap((item, step): Point[] => {
    const box = placed.get(item.id);
    if (box === undefined) return [];
    const straight = (xs[item.column]?.width ?? item.width) - item.width;
    if (item.width === 0) return [{ x: box.x, y: middle(item), straight }];
    const leaves = step === 0;
    const end = (one: readonly Item[]) => leaves ? one[0] : one.at(-1);
    const next = (one: readonly Item[]) => leaves ? one[1] : one.at(-2);
    const beside = chains.map((one, place) => ({ one, place })).filter(({ one }) => end(one)?.id === item.id)
      .sort((a, b) => middle(next(a.one)) - middle(next(b.one)) || a.place - b.place);
    const rank = beside.findIndex(({ place }) => place === index);
    const y = box.y + box.height * (rank + 1) / (beside.length + 1);
    return [leaves ? { x: box.x + box.width, y, straight } : { x: box.x, y, straight: 0 }];
  });
}
