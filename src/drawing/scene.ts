/**
 * A drawing as a scene: what stands where, as plain geometry that an SVG file and the live page show alike. The texts of
 * a box are measured before its size is chosen, so that they never overrun it.
 *
 * @module
 */

import { displayWidth } from "../display_width.ts";
import { printable } from "../printable.ts";
import type { Drawing, DrawnEdge, DrawnNode } from "./drawing.ts";
import { arrange } from "./arrange.ts";
import type { Layout, Placed, Point } from "./layout.ts";
import { type DrawnOutside, namesTarget } from "./outside.ts";

/** A box with its texts. */
export interface SceneBox {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly content:
    | { readonly kind: "node"; readonly node: DrawnNode }
    | { readonly kind: "outside"; readonly outside: DrawnOutside };
  readonly lines: readonly SceneText[];
}

/** A line of text. */
export interface SceneText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** An edge as a path, with the names of hooks at its ends. */
export interface SceneWire {
  /** Unique in the scene, and the same after a change that keeps the edge. */
  readonly id: string;
  readonly kind: DrawnEdge["kind"] | "outside";
  readonly from: DrawnEdge["from"];
  readonly to: DrawnEdge["to"];
  readonly path: string;
  readonly hooks: readonly (SceneText & { readonly anchor: "start" | "end" })[];
  /** The place of its rate, in the middle. */
  readonly middle: { readonly x: number; readonly y: number };
}

/** The frame of a template. */
export interface SceneFrame {
  readonly template: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A topology with everything in its place; the upper left corner is 0, 0. */
export interface Scene {
  readonly frames: readonly SceneFrame[];
  readonly boxes: readonly SceneBox[];
  readonly wires: readonly SceneWire[];
  readonly width: number;
  readonly height: number;
  /** From which the scene after a change continues. */
  readonly layout: Layout;
}

/** What is drawn beside names and addresses. */
export interface SceneOptions {
  /** True to leave room for rates at edges. */
  readonly rates: boolean;
  /** The least columns of the line of counters; 0 if there are none. */
  readonly counterColumns?: number;
  /** The layout before a change: what has not changed keeps its place. */
  readonly before?: Layout;
}

/** The width of a column of the monospaced font of 11 px. */
export const COLUMN = 6.7;
const LINE = 15;
const PADDING = 9;
/** Between a template's frame and what is in it. */
const FRAME = 14;
/** Above a frame. */
const FRAME_TITLE = 16;
/** The room for a hook's name at a box's side. */
const PORT = 16;
const RATE_COLUMNS = 11;
/** The limit of characters of a target. */
const TARGET_COLUMNS = 40;

/** The lines of a node's label: its name, its type, and its texts. */
export function linesOf({ name, type, hook, state, addresses, counters }: DrawnNode): readonly string[] {
  const kind = [type, hook ?? "", state ?? ""].filter((word) => word !== "").join(" ");
  return [name.slice(name.indexOf("/") + 1), kind, ...addresses, ...counters];
}

/** The templates of a drawing. */
export function templatesOf({ nodes }: Pick<Drawing, "nodes">): readonly string[] {
  return [...new Set(nodes.map(({ template }) => template).filter((template) => template !== null))];
}

/** A box before it has a place. */
interface Content {
  readonly id: string;
  readonly lane: number;
  readonly content: SceneBox["content"];
  readonly texts: readonly string[];
  readonly columns: number;
}

/** An edge, or what joins a node to the outside. */
interface Joint extends Omit<DrawnEdge, "kind"> {
  readonly id: string;
  readonly kind: SceneWire["kind"];
}

/** Places a drawing. */
export function sceneOf(drawing: Drawing, options: SceneOptions): Scene {
  const contents = contentsOf(drawing, options);
  const joints = jointsOf(drawing);
  const layout = placed(contents, joints, options);
  return shiftedScene(sceneIn(layout, { drawing, contents, joints }));
}

function contentsOf(drawing: Drawing, { counterColumns = 0 }: SceneOptions): readonly Content[] {
  const templates = templatesOf(drawing);
  const nodes = drawing.nodes.map((node): Content => {
    const texts = boxLines(node).map(printable);
    return {
      id: node.name,
      lane: node.template === null ? 0 : templates.indexOf(node.template) + 1,
      content: { kind: "node", node },
      texts: counterColumns === 0 ? texts : [...texts, ""],
      columns: Math.max(counterColumns, ...texts.map(displayWidth)),
    };
  });
  const outside = drawing.outside.map((one): Content => {
    const texts = one.lines.map((line) => shortened(printable(line)));
    return {
      id: one.id,
      lane: 0,
      content: { kind: "outside", outside: one },
      texts,
      columns: Math.max(...texts.map(displayWidth)),
    };
  });
  return [...nodes, ...outside];
}

/** The lines of a node in its box. What only names a target is drawn as a box, but rules are listed completely. */
function boxLines(node: DrawnNode): readonly string[] {
  const lines = linesOf(node);
  const hasRules = lines.some((line) => /^accept [^,]/.test(line));
  return lines.filter((line) => !namesTarget(line) || (hasRules && /^accept,|^\d+ more/.test(line)));
}

/** The name of a target without its middle if it is long: the end has the port. */
function shortened(text: string): string {
  const characters = [...text];
  if (characters.length <= TARGET_COLUMNS) return text;
  return `${characters.slice(0, TARGET_COLUMNS - 16).join("")}…${characters.slice(-15).join("")}`;
}

function jointsOf({ edges, outside }: Drawing): readonly Joint[] {
  const joined = outside.map(({ id, kind, node }): Omit<Joint, "id"> => {
    const [own, other] = [{ node, label: null }, { node: id, label: null }];
    return kind === "clients" ? { kind: "outside", from: other, to: own } : { kind: "outside", from: own, to: other };
  });
  const used = new Map<string, number>();
  return [...edges, ...joined].map((one): Joint => {
    const { from, to } = one;
    const name = [from.node, from.label, to.node, to.label].join("\u0000");
    const count = used.get(name) ?? 0;
    used.set(name, count + 1);
    return { ...one, id: count === 0 ? name : `${name}\u0000${count}` };
  });
}

function placed(contents: readonly Content[], joints: readonly Joint[], { rates, before }: SceneOptions): Layout {
  const ends = new Map<string, number>();
  for (const side of joints.flatMap(({ from, to }) => [`> ${from.node}`, `< ${to.node}`])) {
    ends.set(side, (ends.get(side) ?? 0) + 1);
  }
  const boxes = contents.map(({ id, lane, texts, columns }) => {
    const ports = Math.max(ends.get(`> ${id}`) ?? 0, ends.get(`< ${id}`) ?? 0);
    const height = Math.max(texts.length * LINE + PADDING, PORT * (ports + 1));
    return { id, lane, width: columns * COLUMN + 2 * PADDING, height };
  });
  const wires = joints.map(({ id, from, to }) => {
    const labels = [from.label, to.label].map((label) => displayWidth(label ?? "") * COLUMN);
    const room = labels.reduce((sum, one) => sum + one, 16);
    return { id, from: from.node, to: to.node, labelWidth: rates ? room + RATE_COLUMNS * COLUMN : room };
  });
  return arrange(boxes, wires, before ?? null);
}

interface Parts {
  readonly drawing: Drawing;
  readonly contents: readonly Content[];
  readonly joints: readonly Joint[];
}

function sceneIn(layout: Layout, { drawing, contents, joints }: Parts): Scene {
  const frames = templatesOf(drawing).flatMap((template, index) => {
    const names = new Set(drawing.nodes.filter((node) => node.template === template).map(({ name }) => name));
    const entries = joints.filter(({ from, to }) => names.has(to.node) && !names.has(from.node));
    const left = Math.max(0, ...entries.map(({ to }) => stub(to.label)));
    return frameOf(template, layout.lanes[index + 1] ?? null, left);
  });
  const boxes = contents.flatMap((content) => boxOf(content, layout.boxes.get(content.id)));
  const wires = joints.flatMap((joint) => wireOf(joint, layout.wires.get(joint.id) ?? []));
  return { frames, boxes, wires, width: layout.width, height: layout.height, layout };
}

/** Moves a scene so that its frames begin within it. */
function shiftedScene(scene: Scene): Scene {
  const right = Math.max(scene.width, ...scene.frames.map(({ x, width }) => x + width));
  const bottom = Math.max(scene.height, ...scene.frames.map(({ y, height }) => y + height));
  return { ...scene, width: right, height: bottom };
}

/** How far the frames of a scene extend beyond its upper left corner. */
export function overhang({ frames }: Scene): { readonly left: number; readonly above: number } {
  return {
    left: Math.max(0, ...frames.map(({ x }) => -x)),
    above: Math.max(0, ...frames.map(({ y }) => FRAME_TITLE - y)),
  };
}

/** A template's frame, with room at its left for the names of the hooks where it is entered. */
function frameOf(template: string, place: Layout["lanes"][number], left: number): readonly SceneFrame[] {
  if (place === null) return [];
  return [{
    template,
    x: place.x - FRAME - left,
    y: place.y - FRAME,
    width: place.width + left + 2 * FRAME,
    height: place.height + 2 * FRAME,
  }];
}

function boxOf({ id, content, texts }: Content, place: Placed | undefined): readonly SceneBox[] {
  if (place === undefined) return [];
  const { x, y, width, height } = place;
  const first = y + (height - texts.length * LINE) / 2 + LINE - 4;
  const lines = texts.map((text, index): SceneText => ({ text, x: x + PADDING, y: first + index * LINE }));
  return [{ id, x, y, width, height, content, lines }];
}

function wireOf({ id, kind, from, to }: Joint, points: readonly Point[]): readonly SceneWire[] {
  const [start, end] = [points[0], points.at(-1)];
  if (start === undefined || end === undefined) return [];
  // Straight along a hook's name, and past the neighbouring boxes.
  const [out, into] = [Math.max(start.straight, stub(from.label)), stub(to.label)];
  let path = `M${round(start.x)} ${round(start.y)}h${round(out)}`;
  for (const [index, point] of points.slice(1).entries()) {
    const before = points[index] ?? start;
    const left = before.x + (index === 0 ? out : before.straight);
    const right = point.x - (point === end ? into : 0);
    const bend = Math.max(10, Math.abs(right - left) / 2);
    path += `C${round(left + bend)} ${round(before.y)} ${round(right - bend)} ${round(point.y)} ` +
      `${round(right)} ${round(point.y)}h${round(point === end ? into : point.straight)}`;
  }
  return [{
    id,
    kind,
    from,
    to,
    path,
    hooks: [...hookName(from.label, start, "start"), ...hookName(to.label, end, "end")],
    middle: middleOf(points, { out, into }),
  }];
}

/** The middle of the last bend of a wire, where no other wire of a fan is as near. */
function middleOf(points: readonly Point[], { out, into }: { readonly out: number; readonly into: number }) {
  const [before, end] = [points.at(-2), points.at(-1)];
  if (before === undefined || end === undefined) return { x: 0, y: 0 };
  const left = before.x + (points.length === 2 ? out : before.straight);
  return { x: (left + end.x - into) / 2, y: (before.y + end.y) / 2 };
}

function hookName(label: string | null, { x, y }: Point, anchor: "start" | "end"): SceneWire["hooks"] {
  return label === null ? [] : [{ text: label, anchor, x: anchor === "start" ? x + 5 : x - 8, y: y - 4 }];
}

/** The length of a hook's name along a wire. */
function stub(label: string | null): number {
  return label === null ? 0 : displayWidth(label) * COLUMN + 8;
}

/** A coordinate as it is written. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
