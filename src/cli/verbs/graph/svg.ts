/**
 * Drawings as one SVG that needs nothing besides: no fonts, no scripts, light or dark as its reader has it.
 *
 * @module
 */

import { displayWidth } from "../../../display_width.ts";
import type { Drawing, DrawnEdge, DrawnNode } from "./drawing.ts";
import { type Layout, layOut, type Placed, type Point } from "./layout.ts";
import { linesOf } from "./texts.ts";

const LINE = 15;
const PADDING = 9;
/** The width of a column of the monospaced font. */
const COLUMN = 6.7;
const MARGIN = 24;
const TITLE = 34;
/** Between a template's frame and what is in it. */
const FRAME = 14;
/** Above a frame. */
const FRAME_TITLE = 16;
/** The room for a hook's name at a box's side. */
const PORT = 16;

const STYLE = `
  svg { background: #fff; color: #1f2328; font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
  text { fill: currentColor; white-space: pre; }
  .title, .name { font-weight: bold; }
  .faint, .hook { fill: #59636e; }
  .hook { font-size: 10px; }
  .box { fill: #f6f8fa; stroke: #818b98; }
  .sick { stroke: #cf222e; stroke-width: 2; }
  .frame { fill: none; stroke: #818b98; stroke-dasharray: 4 3; }
  .wire { fill: none; stroke: #59636e; }
  .accept { stroke-dasharray: 5 3; }
  .tip { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #e6edf3; }
    .box { fill: #161b22; stroke: #6e7681; }
    .frame { stroke: #6e7681; }
    .faint, .hook { fill: #9198a1; }
    .wire { stroke: #9198a1; }
    .tip { fill: #9198a1; }
    .sick { stroke: #f85149; }
  }
`;

/** The picture. */
export function toSvg(drawings: readonly Drawing[]): string {
  const parts: string[] = [];
  let [width, y] = [0, MARGIN];
  for (const drawing of drawings) {
    const layout = layoutOf(drawing);
    const frames = layout.lanes.slice(1).filter((lane) => lane !== null);
    const above = Math.max(0, ...frames.map((lane) => FRAME + FRAME_TITLE - lane.y));
    parts.push(group(drawing, layout, { top: y, above }));
    const title = titleOf(drawing).join("  ");
    width = Math.max(width, layout.width + FRAME, displayWidth(title) * COLUMN);
    // A frame ends below what is in it.
    const bottom = Math.max(layout.height, ...frames.map((lane) => lane.y + lane.height + FRAME));
    y += TITLE + above + bottom + FRAME + MARGIN;
  }
  const size = { width: Math.ceil(width + 2 * MARGIN), height: round(y) };
  const names = drawings.map(({ name }) => name).join(", ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" ` +
    `viewBox="0 0 ${size.width} ${size.height}" role="img">`,
    `<title>${escape(names)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">' +
    '<path class="tip" d="M0 0 8 4 0 8Z"/></marker></defs>',
    ...parts,
    "</svg>",
  ].join("\n");
}

function titleOf({ name, description }: Drawing): readonly string[] {
  return description === null ? [name] : [name, description];
}

function layoutOf(drawing: Drawing): Layout {
  const templates = templatesOf(drawing);
  const ends = drawing.edges.flatMap(({ from, to }) => [`> ${from.node}`, `< ${to.node}`]);
  const boxes = drawing.nodes.map((node) => {
    const lines = linesOf(node);
    const sides = [`> ${node.name}`, `< ${node.name}`].map((side) => ends.filter((one) => one === side).length);
    return {
      id: node.name,
      lane: node.template === null ? 0 : templates.indexOf(node.template) + 1,
      width: Math.max(...lines.map((line) => displayWidth(line))) * COLUMN + 2 * PADDING,
      height: Math.max(lines.length * LINE + PADDING, PORT * (Math.max(...sides) + 1)),
    };
  });
  const wires = drawing.edges.map(({ from, to }) => {
    const labels = [from.label, to.label].map((label) => displayWidth(label ?? "") * COLUMN);
    return { from: from.node, to: to.node, labelWidth: labels.reduce((sum, one) => sum + one, 16) };
  });
  return layOut(boxes, wires);
}

function templatesOf({ nodes }: Drawing): readonly string[] {
  return [...new Set(nodes.map(({ template }) => template).filter((template) => template !== null))];
}

function group(drawing: Drawing, layout: Layout, { top, above }: { top: number; above: number }): string {
  const [name = "", description = ""] = titleOf(drawing);
  const frames = templatesOf(drawing).map((template, index) => {
    const names = drawing.nodes.filter((node) => node.template === template).map((node) => node.name);
    const entries = drawing.edges.filter(({ from, to }) => names.includes(to.node) && !names.includes(from.node));
    return frame(template, {
      place: layout.lanes[index + 1] ?? null,
      left: Math.max(0, ...entries.map((one) => stub(one.to.label))),
    });
  });
  const boxes = drawing.nodes.map((node) => box(node, layout.boxes.get(node.name)));
  const wires = drawing.edges.map((edge, index) => wire(edge, layout.wires[index] ?? []));
  return [
    `<g transform="translate(${MARGIN + FRAME} ${round(top)})">`,
    `<text y="6"><tspan class="title">${escape(name)}</tspan>  <tspan class="faint">${
      escape(description)
    }</tspan></text>`,
    `<g transform="translate(0 ${round(TITLE + above)})">`,
    ...frames,
    ...wires,
    ...boxes,
    "</g></g>",
  ].join("\n");
}

/** A template's frame, with room at its left for the names of the hooks where it is entered. */
function frame(template: string, { place, left }: { place: Layout["lanes"][number]; left: number }): string {
  if (place === null) return "";
  const [x, y] = [place.x - FRAME - left, place.y - FRAME];
  return `<rect class="frame" x="${round(x)}" y="${round(y)}" width="${round(place.width + left + 2 * FRAME)}" ` +
    `height="${round(place.height + 2 * FRAME)}" rx="6"/>` +
    `<text class="faint" x="${round(x)}" y="${round(y - 5)}">template ${escape(template)}</text>`;
}

function box(node: DrawnNode, place: Placed | undefined): string {
  if (place === undefined) return "";
  const { x, y, width, height } = place;
  const sick = node.state !== null && node.state !== "ready" ? " sick" : "";
  const lines = linesOf(node);
  const first = y + (height - lines.length * LINE) / 2 + LINE - 4;
  const texts = lines.map((line, index) =>
    `<text class="${index === 0 ? "name" : "fact"}" x="${round(x + PADDING)}" y="${round(first + index * LINE)}">` +
    `${escape(line)}</text>`
  );
  const rect = `<rect class="box${sick}" x="${round(x)}" y="${round(y)}" width="${round(width)}" ` +
    `height="${round(height)}" rx="4"/>`;
  return [rect, ...texts].join("");
}

function wire({ kind, from, to }: DrawnEdge, points: readonly Point[]): string {
  const [start, end] = [points[0], points.at(-1)];
  if (start === undefined || end === undefined) return "";
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
  const shape = kind === "accept"
    ? `<path class="wire accept" marker-end="url(#tip)" d="${path}"/>`
    : `<path class="wire" d="${path}"/>`;
  return shape + hook(from.label, start, "start") + hook(to.label, end, "end");
}

function hook(label: string | null, { x, y }: Point, anchor: "start" | "end"): string {
  if (label === null) return "";
  const at = anchor === "start" ? x + 5 : x - 8;
  return `<text class="hook" text-anchor="${anchor}" x="${round(at)}" y="${round(y - 4)}">${escape(label)}</text>`;
}

/** The length of a hook's name along a wire. */
function stub(label: string | null): number {
  return label === null ? 0 : displayWidth(label) * COLUMN + 8;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
