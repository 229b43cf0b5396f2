/**
 * The graph of one topology: boxes with their ports, frames of templates, edges with rates. Elements are made when the
 * shape changes; states, counters and rates only change texts and classes.
 *
 * @module
 */

import type { Drawing } from "../drawing/drawing.ts";
import { round, type Scene, type SceneBox, sceneOf, type SceneWire } from "../drawing/scene.ts";
import { boxState, wireState } from "../drawing/traffic.ts";
import { setAll, setText, shape } from "./elements.ts";
import type { TopologyView } from "./store.ts";

const MARGIN = 24;
/** The columns of the line of counters: `degraded, 100 active, 123456 total` is cut. */
const COUNTER_COLUMNS = 34;
const LEAST_ZOOM = 0.05;
const LARGEST_ZOOM = 3;

/** The elements of a box or wire that change. */
interface LiveBox {
  readonly box: SceneBox;
  readonly group: SVGGElement;
  readonly count: SVGTextElement | null;
}

interface LiveWire {
  readonly wire: SceneWire;
  readonly group: SVGGElement;
  readonly path: SVGPathElement;
  readonly rates: readonly [SVGTextElement, SVGTextElement];
}

/** Shows a topology. */
export class GraphView {
  readonly #place: HTMLElement;
  readonly #select: (node: string) => void;
  #drawing: Drawing | null = null;
  #scene: Scene | null = null;
  #boxes: readonly LiveBox[] = [];
  #wires: readonly LiveWire[] = [];
  #frames: readonly { readonly template: string; readonly label: SVGTextElement }[] = [];
  #picture: SVGSVGElement | null = null;
  #zoom = 1;

  constructor(place: HTMLElement, select: (node: string) => void) {
    this.#place = place;
    this.#select = select;
  }

  /** Shows a topology, or nothing. */
  show(view: TopologyView | null, selected: string | null): void {
    const drawing = view?.drawing ?? null;
    if (drawing !== this.#drawing) this.#draw(drawing);
    if (view !== null) this.#update(view, selected);
  }

  /** Zooms by a factor; null: so that all is visible. */
  zoom(factor: number | null): void {
    if (this.#picture === null || this.#scene === null) return;
    const { width, height } = sizeOf(this.#scene);
    const fitting = Math.min(this.#place.clientWidth / width, this.#place.clientHeight / height, 1);
    const wanted = factor === null ? fitting : this.#zoom * factor;
    this.#zoom = Math.min(LARGEST_ZOOM, Math.max(LEAST_ZOOM, wanted));
    setAll(this.#picture, { width: Math.ceil(width * this.#zoom), height: Math.ceil(height * this.#zoom) });
  }

  /** Lays everything out again. */
  arrange(): void {
    const drawing = this.#drawing;
    this.#scene = null;
    this.#draw(drawing);
  }

  #draw(drawing: Drawing | null): void {
    const before = this.#drawing;
    this.#drawing = drawing;
    const focused = document.activeElement?.getAttribute("data-node") ?? null;
    if (drawing === null) return this.#place.replaceChildren();
    const isSame = before?.name === drawing.name && this.#scene !== null;
    const scene = sceneOf(drawing, {
      rates: true,
      counterColumns: COUNTER_COLUMNS,
      ...(isSame && this.#scene !== null ? { before: this.#scene.layout } : {}),
    });
    this.#scene = scene;
    const { left, above, width, height } = sizeOf(scene);
    this.#wires = scene.wires.map(liveWire);
    this.#boxes = scene.boxes.map((box, index) => this.#box(box, index));
    const frames = scene.frames.map((frame) => {
      const { template, x, y } = frame;
      const label = shape("text", { class: "faint", x: round(x), y: round(y - 5) }, [`template ${template}`]);
      const area = { x: round(x), y: round(y), width: round(frame.width), height: round(frame.height) };
      return { template, label, rect: shape("rect", { class: "frame", ...area, rx: 6 }) };
    });
    this.#frames = frames;
    const inside = shape("g", { transform: `translate(${round(left)} ${round(above)})` }, [
      ...frames.flatMap(({ rect, label }) => [rect, label]),
      ...this.#wires.map(({ group }) => group),
      ...this.#boxes.map(({ group }) => group),
    ]);
    const picture = shape("svg", {
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": `Graph of ${drawing.name}: arrow keys move between nodes`,
    }, [shape("defs", {}, [tip()]), inside]);
    picture.addEventListener("keydown", (event) => this.#key(event));
    this.#picture = picture;
    this.#place.replaceChildren(picture);
    if (!isSame) this.#zoom = Math.max(0.6, this.#fitting(scene));
    this.zoom(1);
    if (focused !== null) this.#boxes.find(({ box }) => box.id === focused)?.group.focus();
  }

  #fitting(scene: Scene): number {
    return Math.min(1, this.#place.clientWidth / sizeOf(scene).width);
  }

  #box(box: SceneBox, index: number): LiveBox {
    const { x, y, width, height, content, lines } = box;
    const isNode = content.kind === "node";
    const texts = lines.map((line, place) =>
      shape("text", {
        class: place === 0 ? "name" : isNode && place === lines.length - 1 ? "count faint" : "fact",
        x: round(line.x),
        y: round(line.y),
      }, [line.text])
    );
    const area = { x: round(x), y: round(y), width: round(width), height: round(height) };
    const rect = shape("rect", { class: "box", ...area, rx: isNode ? 4 : 12 });
    if (!isNode) {
      return { box, group: shape("g", { class: "outside" }, [rect, ...texts]), count: null };
    }
    const attributes = { role: "button", tabindex: index === 0 ? 0 : -1, "data-node": box.id, "aria-pressed": "false" };
    const group = shape("g", attributes, [rect, ...texts]);
    group.addEventListener("click", () => this.#activate(group, box.id));
    group.addEventListener("focus", () => this.#moveStop(group));
    return { box, group, count: texts.at(-1) ?? null };
  }

  #activate(group: SVGGElement, node: string): void {
    this.#moveStop(group);
    this.#select(node);
  }

  /** The one box that Tab reaches. */
  #moveStop(group: SVGGElement): void {
    for (const one of this.#boxes) {
      if (one.box.content.kind === "node") setAll(one.group, { tabindex: one.group === group ? 0 : -1 });
    }
  }

  #key(event: KeyboardEvent): void {
    const from = this.#boxes.find(({ group }) => group === document.activeElement);
    if (from === undefined) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return this.#activate(from.group, from.box.id);
    }
    const next = this.#neighbour(from.box, event.key);
    if (next === null) return;
    event.preventDefault();
    next.group.focus();
    next.group.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** The nearest box in the direction of an arrow key. */
  #neighbour(from: SceneBox, key: string): LiveBox | null {
    const direction = DIRECTIONS[key];
    if (direction === undefined) return null;
    let [best, least]: [LiveBox | null, number] = [null, Infinity];
    for (const one of this.#boxes) {
      if (one.box.content.kind !== "node" || one.box === from) continue;
      const dx = one.box.x + one.box.width / 2 - from.x - from.width / 2;
      const dy = one.box.y + one.box.height / 2 - from.y - from.height / 2;
      const along = dx * direction.x + dy * direction.y;
      const across = Math.abs(dx * direction.y) + Math.abs(dy * direction.x);
      const distance = along + 3 * across;
      if (along > 1 && distance < least) [best, least] = [one, distance];
    }
    return best;
  }

  #update(view: TopologyView, selected: string | null): void {
    for (const { box, group, count } of this.#boxes) {
      const state = boxState(view, box);
      setAll(group, {
        class: [box.content.kind === "outside" ? "outside" : "", state.tone].filter((one) => one !== "").join(" "),
        ...(box.content.kind === "node" ? { "aria-pressed": box.id === selected ? "true" : "false" } : {}),
      });
      if (count !== null) setText(count, cut(state.text));
    }
    for (const { wire, group, path, rates } of this.#wires) {
      const state = wireState(view, wire);
      setAll(group, { class: state.tone === "" ? null : state.tone });
      setAll(path, { class: `wire ${wire.kind}${state.flows ? " flows" : ""}` });
      setText(rates[0], state.above);
      setText(rates[1], state.below);
    }
    for (const { template, label } of this.#frames) setText(label, frameText(view, template));
  }
}

const DIRECTIONS: Readonly<Record<string, { readonly x: number; readonly y: number }>> = {
  ArrowRight: { x: 1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowDown: { x: 0, y: 1 },
  ArrowUp: { x: 0, y: -1 },
};

/** `template session, 12 copies` */
function frameText({ drawing, nodes }: TopologyView, template: string): string {
  const users = new Set((drawing?.edges ?? []).flatMap(({ kind, from, to }) => {
    return kind === "accept" && to.node.startsWith(`${template}/`) ? [from.node] : [];
  }));
  const copies = [...users].reduce((sum, name) => sum + (nodes.get(name)?.status.connections?.active ?? 0), 0);
  return `template ${template} × ${copies}`;
}

function liveWire(wire: SceneWire): LiveWire {
  const path = shape("path", {
    class: `wire ${wire.kind}`,
    d: wire.path,
    "marker-end": wire.kind === "link" ? null : "url(#tip)",
  });
  const hooks = wire.hooks.map(({ text, x, y, anchor }) =>
    shape("text", { class: "hook", "text-anchor": anchor, x: round(x), y: round(y) }, [text])
  );
  const ends = pathEnds(wire.path);
  const ports = wire.kind === "link" ? ends.map(([cx, cy]) => shape("circle", { class: "port", cx, cy, r: 2.5 })) : [];
  const [x, y] = [round(wire.middle.x), wire.middle.y];
  const rates = [
    shape("text", { class: "rate", x, y: round(y - 4) }),
    shape("text", { class: "rate", x, y: round(y + 11) }),
  ] as const;
  return { wire, path, rates, group: shape("g", { "aria-hidden": "true" }, [path, ...ports, ...hooks, ...rates]) };
}

/** Where a path begins and ends. */
function pathEnds(path: string): readonly (readonly [number, number])[] {
  const [, x = "0", y = "0"] = /^M(\S+) ([^hC]+)/.exec(path) ?? [];
  const [, endX = "0", endY = "0", more = "0"] = /(\S+) (\S+)h(\S+)$/.exec(path) ?? [];
  return [[Number(x), Number(y)], [Number(endX) + Number(more), Number(endY)]];
}

function sizeOf({ frames, width, height }: Scene) {
  const left = MARGIN + Math.max(0, ...frames.map(({ x }) => -x));
  const above = MARGIN + Math.max(0, ...frames.map(({ y }) => 16 - y));
  return { left, above, width: Math.ceil(left + width + MARGIN), height: Math.ceil(above + height + MARGIN) };
}

function tip(): SVGElement {
  const attributes = { id: "tip", markerWidth: 8, markerHeight: 8, refX: 7, refY: 4, orient: "auto" };
  return shape("marker", { ...attributes, markerUnits: "userSpaceOnUse" }, [
    shape("path", { class: "tip", d: "M0 0 8 4 0 8Z" }),
  ]);
}

function cut(text: string): string {
  return text.length > COUNTER_COLUMNS ? `${text.slice(0, COUNTER_COLUMNS - 1)}…` : text;
}
