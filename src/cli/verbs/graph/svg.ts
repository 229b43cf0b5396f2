/**
 * Drawings as one SVG that needs nothing besides: no fonts, no scripts, light or dark as its reader has it.
 *
 * @module
 */

import { displayWidth } from "../../../display_width.ts";
import type { Drawing } from "../../../drawing/drawing.ts";
import {
  COLUMN,
  overhang,
  round,
  type Scene,
  type SceneBox,
  type SceneFrame,
  sceneOf,
  type SceneWire,
} from "../../../drawing/scene.ts";
import { boxState, type Tone, type TopologyTraffic, type WireState, wireState } from "../../../drawing/traffic.ts";

const MARGIN = 24;
const TITLE = 34;

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
  .outside { fill: none; stroke: #818b98; }
  .rate { font-size: 10px; text-anchor: middle; paint-order: stroke; stroke: #fff; stroke-width: 3px; }
  .bad { stroke: #b3161f; stroke-width: 2; }
  .warn { stroke: #7d4e00; stroke-width: 2; }
  text.bad { fill: #b3161f; stroke: #fff; }
  text.warn { fill: #7d4e00; stroke: #fff; }
  .tip { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #e6edf3; }
    .box { fill: #161b22; stroke: #6e7681; }
    .frame, .outside { stroke: #6e7681; }
    .faint, .hook { fill: #9198a1; }
    .wire { stroke: #9198a1; }
    .tip { fill: #9198a1; }
    .sick { stroke: #f85149; }
    .rate { stroke: #0d1117; }
    .bad { stroke: #ff7b72; }
    .warn { stroke: #e3b341; }
    text.bad { fill: #ff7b72; stroke: #0d1117; }
    text.warn { fill: #e3b341; stroke: #0d1117; }
  }
`;

/** The picture; with traffic, by the names of topologies, also rates and what goes wrong. */
export function toSvg(
  drawings: readonly Drawing[],
  traffic: ReadonlyMap<string, TopologyTraffic> = new Map(),
): string {
  const parts: string[] = [];
  let [width, y] = [0, MARGIN];
  for (const drawing of drawings) {
    const flows = traffic.get(drawing.name) ?? null;
    const scene = sceneOf(drawing, { rates: flows !== null });
    const { left, above } = overhang(scene);
    parts.push(group(drawing, scene, { top: y, left, above, flows }));
    const title = titleOf(drawing).join("  ");
    width = Math.max(width, left + scene.width, displayWidth(title) * COLUMN);
    y += TITLE + above + scene.height + MARGIN;
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

interface Group {
  readonly top: number;
  readonly left: number;
  readonly above: number;
  readonly flows: TopologyTraffic | null;
}

function group(drawing: Drawing, scene: Scene, { top, left, above, flows }: Group): string {
  const [name = "", description = ""] = titleOf(drawing);
  return [
    `<g transform="translate(${MARGIN} ${round(top)})">`,
    `<text y="6"><tspan class="title">${escape(name)}</tspan>  <tspan class="faint">${
      escape(description)
    }</tspan></text>`,
    `<g transform="translate(${round(left)} ${round(TITLE + above)})">`,
    ...scene.frames.map(frame),
    ...scene.wires.map((one) => wire(one, flows === null ? null : wireState(flows, one))),
    ...scene.boxes.map((one) => box(one, flows === null ? "" : boxState(flows, one).tone)),
    "</g></g>",
  ].join("\n");
}

function frame({ template, x, y, width, height }: SceneFrame): string {
  return `<rect class="frame" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ` +
    `rx="6"/><text class="faint" x="${round(x)}" y="${round(y - 5)}">template ${escape(template)}</text>`;
}

function box({ x, y, width, height, content, lines }: SceneBox, tone: Tone): string {
  const texts = lines.map((line, index) =>
    `<text class="${index === 0 ? "name" : "fact"}" x="${round(line.x)}" y="${round(line.y)}">${
      escape(line.text)
    }</text>`
  );
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  return [
    `<rect class="${classOf(content)}${toneClass(tone)}" ${place} rx="${content.kind === "node" ? 4 : 12}"/>`,
    ...texts,
  ].join("");
}

function classOf(content: SceneBox["content"]): string {
  if (content.kind === "outside") return "outside";
  const { state } = content.node;
  return state !== null && state !== "ready" ? "box sick" : "box";
}

function toneClass(tone: Tone): string {
  return tone === "" ? "" : ` ${tone}`;
}

function wire({ kind, path, hooks, middle }: SceneWire, state: WireState | null): string {
  const tone = toneClass(state?.tone ?? "");
  const shape = kind === "link"
    ? `<path class="wire${tone}" d="${path}"/>`
    : `<path class="wire ${kind}${tone}" marker-end="url(#tip)" d="${path}"/>`;
  const rates = [state?.above ?? "", state?.below ?? ""].map((text, index) => {
    const place = `x="${round(middle.x)}" y="${round(middle.y + (index === 0 ? -4 : 11))}"`;
    return text === "" ? "" : `<text class="rate${tone}" ${place}>${escape(text)}</text>`;
  });
  const names = hooks.map(({ text, x, y, anchor }) =>
    `<text class="hook" text-anchor="${anchor}" x="${round(x)}" y="${round(y)}">${escape(text)}</text>`
  );
  return [shape, ...names, ...rates].join("");
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
