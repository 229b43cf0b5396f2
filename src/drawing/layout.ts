/**
 * The layout of a picture: in columns, so that edges lead from left to right, with the nodes of a template together, so
 * that no other node is within its frame. Dagre places the boxes; the columns are aligned, and wires pass them
 * straight.
 *
 * @module
 */

import { Graph, type GraphLabel, layout as place } from "@dagrejs/dagre";

/** The parts to place. */
export interface Box {
  readonly id: string;
  /** 0: the topology itself; each template has its own lane without other nodes. */
  readonly lane: number;
  readonly width: number;
  readonly height: number;
}

/** From one box to another, and the room for its label. */
export interface Wire {
  /** The same after a change that keeps the wire. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly labelWidth: number;
}

/** A box that was placed. */
export interface Placed extends Box {
  readonly x: number;
  readonly y: number;
  /** How far its wires continue straight to the right: past the wider boxes of its column. */
  readonly past: number;
}

/** A point of a wire. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** How far it continues without a bend: past the wider boxes of its column. */
  readonly straight: number;
}

/** Everything in its place. */
export interface Layout {
  readonly boxes: ReadonlyMap<string, Placed>;
  /** By wire: its ends, and the points between. */
  readonly wires: ReadonlyMap<string, readonly Point[]>;
  /** By lane: its start and end; null if it is empty. */
  readonly lanes:
    readonly ({ readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null)[];
  readonly width: number;
  readonly height: number;
}

const ROW_GAP = 18;
const COLUMN_GAP = 40;
/** The gap that each wire of a fan adds, so that its wires do not all bend at the same place. */
const WIRE_GAP = 8;
/** The limit of wires of a fan with their own gap. */
const WIDEST_FAN = 28;
/** The height of a passing wire. */
const PASSING = 14;

/** The position of the middle of a box by Dagre. */
interface Center {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
}

interface EdgePath {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly width: number;
  readonly height: number;
  readonly labelpos: "c";
}

type PlacedGraph = Graph<GraphLabel, Center, EdgePath>;

/** A column of boxes. */
interface Column {
  readonly left: number;
  readonly width: number;
}

/** A wire between boxes that were placed. */
interface Run {
  readonly id: string;
  readonly from: Placed;
  readonly to: Placed;
  /** The points where it passes the columns between. */
  readonly passing: readonly Point[];
}

/** Places boxes and wires that belong together; the upper left corner is 0, 0. */
export function layOut(boxes: readonly Box[], wires: readonly Wire[]): Layout {
  const graph = graphOf(boxes, wires);
  place(graph);
  const columns = columnsOf(boxes, graph);
  const top = Math.min(...boxes.map(({ id, height }) => graph.node(id).y - height / 2));
  const placed = new Map(boxes.map((box): [string, Placed] => {
    const { x, y } = graph.node(box.id);
    const { left, width } = columns.get(x) ?? { left: x, width: box.width };
    return [box.id, { ...box, x: left, y: y - box.height / 2 - top, past: width - box.width }];
  }));
  const passing = new Map(wires.map(({ id, from, to }, index): [string, readonly Point[]] => {
    const points = graph.edge(from, to, `${index}`).points.slice(1, -1).flatMap(({ x, y }): Point[] => {
      const column = columns.get(x);
      return column === undefined ? [] : [{ x: column.left, y: y - top, straight: column.width }];
    });
    return [id, points];
  }));
  return layoutOf(placed, { wires, passing });
}

/** The layout of boxes that have their places, with wires that pass these points. */
export function layoutOf(
  boxes: ReadonlyMap<string, Placed>,
  { wires, passing }: {
    readonly wires: readonly Wire[];
    readonly passing: ReadonlyMap<string, readonly Point[]>;
  },
): Layout {
  const runs = wires.flatMap(({ id, from, to }): Run[] => {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    return start === undefined || end === undefined
      ? []
      : [{ id, from: start, to: end, passing: passing.get(id) ?? [] }];
  });
  const [starts, ends] = [portsOf(runs, "from"), portsOf(runs, "to")];
  const all = [...boxes.values()];
  const lanes = Math.max(0, ...all.map(({ lane }) => lane)) + 1;
  return {
    boxes,
    wires: new Map(runs.map((run) => {
      const { id, from, to } = run;
      const [start, end] = [starts.get(run) ?? from.y, ends.get(run) ?? to.y];
      return [id, [
        { x: from.x + from.width, y: start, straight: from.past },
        ...run.passing,
        { x: to.x, y: end, straight: 0 },
      ]];
    })),
    lanes: Array.from({ length: lanes }, (_, lane) => frameOf(all.filter((box) => box.lane === lane))),
    width: Math.max(0, ...all.map(({ x, width }) => x + width)),
    height: Math.max(0, ...all.map(({ y, height }) => y + height)),
  };
}

/** The input of Dagre: between two boxes there is the room for the wire's label. */
function graphOf(boxes: readonly Box[], wires: readonly Wire[]): PlacedGraph {
  const graph = new Graph<GraphLabel, Center, EdgePath>({ multigraph: true, compound: true });
  graph.setGraph({ rankdir: "LR", nodesep: ROW_GAP, edgesep: PASSING, ranksep: COLUMN_GAP });
  // Dagre puts the last above the first.
  for (const { id, lane, width, height } of boxes.toReversed()) {
    graph.setNode(id, { width, height, x: 0, y: 0 });
    if (lane > 0) graph.setParent(id, `/${lane}`); // No node has such a name.;
  }
  const [outgoing, incoming] = [Map.groupBy(wires, ({ from }) => from), Map.groupBy(wires, ({ to }) => to)];
  for (const [index, wire] of [...wires.entries()].toReversed()) {
    const beside = Math.max(outgoing.get(wire.from)?.length ?? 0, incoming.get(wire.to)?.length ?? 0);
    const fan = Math.min(WIDEST_FAN, beside);
    const width = wire.labelWidth + WIRE_GAP * (fan - 1);
    graph.setEdge(wire.from, wire.to, { width, height: PASSING, labelpos: "c", points: [] }, `${index}`);
  }
  return graph;
}

/** By the middle of its boxes. */
function columnsOf(boxes: readonly Box[], graph: PlacedGraph): ReadonlyMap<number, Column> {
  const widths = new Map<number, number>();
  for (const { id, width } of boxes) {
    const { x } = graph.node(id);
    widths.set(x, Math.max(width, widths.get(x) ?? 0));
  }
  const first = Math.min(...[...widths].map(([middle, width]) => middle - width / 2));
  return new Map([...widths].map(([middle, width]) => [middle, { left: middle - width / 2 - first, width }]));
}

function frameOf(boxes: readonly Placed[]): Layout["lanes"][number] {
  if (boxes.length === 0) return null;
  const x = Math.min(...boxes.map((one) => one.x));
  const y = Math.min(...boxes.map((one) => one.y));
  const right = Math.max(...boxes.map((one) => one.x + one.width));
  const bottom = Math.max(...boxes.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Wires leave and reach a box side by side, in the order of where they go on. */
function portsOf(runs: readonly Run[], end: "from" | "to"): ReadonlyMap<Run, number> {
  const next = ({ passing, from, to }: Run): number => {
    const other = end === "from" ? to : from;
    return (end === "from" ? passing[0] : passing.at(-1))?.y ?? other.y + other.height / 2;
  };
  const ports = new Map<Run, number>();
  for (const [box, beside] of Map.groupBy(runs, (run) => run[end])) {
    for (const [index, run] of beside.toSorted((a, b) => next(a) - next(b)).entries()) {
      ports.set(run, box.y + box.height * (index + 1) / (beside.length + 1));
    }
  }
  return ports;
}
