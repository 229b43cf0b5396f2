/**
 * What the page knows: the topologies with their nodes and rates, events, and what is selected.
 *
 * @module
 */

import type { ControlEvent } from "../api/operations/events.ts";
import type { PageFrame, PageMessage, PageTopology, TopologyHead } from "../api/page_message.ts";
import type { Drawing } from "../drawing/drawing.ts";
import { carriedBy } from "../reconcile/status/status_hook.ts";
import type { EngineStatus, NodeStatus } from "../reconcile/status/status_types.ts";
import { RateMeter } from "../reconcile/status/rate_meter.ts";

/** The limit of events that are kept. */
const MAX_EVENTS = 500;
/** How long a refused connection, a dropped item or back-pressure is shown. */
const SHOWN_MS = 10_000;

/** Something that went wrong with traffic, and until when it is shown. */
export interface Trouble {
  readonly count: number;
  readonly until: number;
}

/** A node with its rates. */
export interface NodeView {
  status: NodeStatus;
  readonly meter: RateMeter;
  readonly hooks: Map<string, RateMeter>;
  /** Connections that were refused lately; null if none were. */
  refused: Trouble | null;
  /** Items that were dropped lately, by hook. */
  readonly dropped: Map<string, Trouble>;
  /** Milliseconds of back-pressure lately. */
  pushedBack: Trouble | null;
}

/** A topology. */
export interface TopologyView {
  readonly name: string;
  head: TopologyHead | null;
  drawing: Drawing | null;
  pushedBackMs: Readonly<Record<string, number>>;
  readonly nodes: Map<string, NodeView>;
}

/** Everything. */
export class Store {
  engine: EngineStatus | null = null;
  /** Milliseconds since 1970: the time of the last values, by the engine's clock. */
  time = 0;
  names: readonly string[] = [];
  readonly topologies = new Map<string, TopologyView>();
  readonly events: ControlEvent[] = [];
  /** The number of the last event; null without any. */
  lastEvent: number | null = null;
  /** True while the first frame of a stream is taken: its counters also count what happened long before. */
  #isFirst = false;
  selected: { topology: string | null; node: string | null } = { topology: null, node: null };

  /** The selected topology. */
  get topology(): TopologyView | null {
    return this.topologies.get(this.selected.topology ?? "") ?? null;
  }

  /** The selected node. */
  get node(): NodeView | null {
    return this.topology?.nodes.get(this.selected.node ?? "") ?? null;
  }

  /** Handles a message of the engine. */
  handle(message: PageMessage): void {
    if (message.kind === "frame") return this.#frame(message);
    // A browser that connects again by itself asks for those after the same event again.
    if (message.number !== null && message.number <= (this.lastEvent ?? 0)) return;
    this.lastEvent = message.number ?? this.lastEvent;
    this.events.push(message.event);
    if (this.events.length > MAX_EVENTS) this.events.shift();
  }

  /** Ends old trouble without a message. True if something is shown differently then. */
  tick(time: number): boolean {
    let changed = false;
    for (const { nodes } of this.topologies.values()) {
      for (const node of nodes.values()) changed = expire(node, time) || changed;
    }
    return changed;
  }

  #frame(frame: PageFrame): void {
    // The first frame of a stream has everything: what is known of an engine before is not continued.
    this.#isFirst = frame.engine !== undefined;
    if (frame.engine !== undefined) this.#begin(frame.engine);
    this.time = Date.parse(frame.time);
    if (frame.names !== undefined) this.#arrange(frame.names);
    for (const one of frame.topologies) this.#topology(one, frame.sinceMs);
    for (const view of this.topologies.values()) this.#rest(view, frame);
  }

  #begin(engine: EngineStatus): void {
    const isOther = this.engine?.startedAt !== engine.startedAt || this.engine.pid !== engine.pid;
    this.engine = engine;
    if (!isOther) return;
    this.topologies.clear();
    this.events.length = 0;
    this.lastEvent = null;
  }

  #arrange(names: readonly string[]): void {
    this.names = names;
    for (const name of this.topologies.keys()) if (!names.includes(name)) this.topologies.delete(name);
    const { topology } = this.selected;
    if (topology === null || !names.includes(topology)) this.selected = { topology: names[0] ?? null, node: null };
  }

  #topology(one: PageTopology, sinceMs: number): void {
    const view = this.topologies.get(one.name) ??
      { name: one.name, head: null, drawing: null, pushedBackMs: {}, nodes: new Map() };
    this.topologies.set(one.name, view);
    if (one.head !== undefined) view.head = one.head;
    if (one.drawing !== undefined) {
      view.drawing = one.drawing;
      const names = new Set(one.drawing.nodes.map(({ name }) => name));
      for (const name of view.nodes.keys()) if (!names.has(name)) view.nodes.delete(name);
    }
    for (const status of one.nodes ?? []) this.#node(view, status, sinceMs);
    if (one.pushedBackMs !== undefined) this.#pushBack(view, one.pushedBackMs);
  }

  #node(view: TopologyView, status: NodeStatus, sinceMs: number): void {
    const known = view.nodes.get(status.name);
    const node = known ??
      { status, meter: new RateMeter(), hooks: new Map(), refused: null, dropped: new Map(), pushedBack: null };
    view.nodes.set(status.name, node);
    const when = { time: this.time, sinceMs };
    const carried = carriedBy(status);
    node.meter.update({ in: carried.in.bytes, out: carried.out.bytes }, when);
    for (const hook of status.hooks) {
      const meter = node.hooks.get(hook.name) ?? new RateMeter();
      node.hooks.set(hook.name, meter);
      meter.update({ in: hook.in.bytes, out: hook.out.bytes }, when);
    }
    if (known !== undefined && !this.#isFirst) this.#compare(node, known.status, status);
    node.status = status;
  }

  /** Notes what has gone wrong between two statuses. */
  #compare(node: NodeView, before: NodeStatus, now: NodeStatus): void {
    const refused = (now.connections?.refused ?? 0) - (before.connections?.refused ?? 0);
    if (refused > 0) node.refused = this.#trouble(refused);
    const lost = new Map(before.hooks.map((hook) => [hook.name, sum(hook.dropped)]));
    for (const hook of now.hooks) {
      const dropped = sum(hook.dropped) - (lost.get(hook.name) ?? 0);
      if (dropped > 0) node.dropped.set(hook.name, this.#trouble(dropped));
    }
  }

  #pushBack(view: TopologyView, now: TopologyView["pushedBackMs"]): void {
    for (const [name, ms] of Object.entries(now)) {
      const more = ms - (view.pushedBackMs[name] ?? 0);
      const node = view.nodes.get(name);
      if (more > 0 && node !== undefined && !this.#isFirst) node.pushedBack = this.#trouble(more);
    }
    view.pushedBackMs = now;
  }

  #trouble(count: number): Trouble {
    return { count, until: this.time + SHOWN_MS };
  }

  /** Ends the rates of nodes without news, and old trouble. */
  #rest({ name, nodes }: TopologyView, { topologies }: PageFrame): void {
    const fresh = new Set(topologies.find((one) => one.name === name)?.nodes?.map((node) => node.name));
    for (const [own, node] of nodes) {
      if (!fresh.has(own)) { for (const meter of [node.meter, ...node.hooks.values()]) meter.rest(this.time); }
      expire(node, this.time);
    }
  }
}

/** Ends trouble that is no longer shown. True if there was any. */
function expire(node: NodeView, time: number): boolean {
  const isOld = (trouble: Trouble | null) => trouble !== null && trouble.until <= time;
  const old = [...node.dropped].filter(([, trouble]) => isOld(trouble)).map(([hook]) => hook);
  const changed = isOld(node.refused) || isOld(node.pushedBack) || old.length > 0;
  if (isOld(node.refused)) node.refused = null;
  if (isOld(node.pushedBack)) node.pushedBack = null;
  for (const hook of old) node.dropped.delete(hook);
  return changed;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}
