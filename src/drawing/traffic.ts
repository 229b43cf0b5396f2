/**
 * Traffic in a drawing: the tone of boxes and edges, and the rates beside edges.
 *
 * @module
 */

import { formatRate } from "../quantity.ts";
import { NO_RATE, type Rate } from "../reconcile/status/rate_meter.ts";
import { carriedBy } from "../reconcile/status/status_hook.ts";
import type { NodeStatus, TopologyStatus } from "../reconcile/status/status_types.ts";
import type { Drawing } from "./drawing.ts";
import type { SceneBox, SceneWire } from "./scene.ts";

/** How often something has happened lately. */
export interface Lately {
  readonly count: number;
}

/** A node with its traffic. */
export interface NodeTraffic {
  readonly status: NodeStatus;
  readonly meter: { readonly rate: Rate };
  /** By name. */
  readonly hooks: ReadonlyMap<string, { readonly rate: Rate }>;
  /** Refused connections; null if there were none. */
  readonly refused: Lately | null;
  /** Dropped items, by hook. */
  readonly dropped: ReadonlyMap<string, Lately>;
  /** Milliseconds of back-pressure. */
  readonly pushedBack: Lately | null;
}

/** A topology with its traffic. */
export interface TopologyTraffic {
  readonly drawing: Pick<Drawing, "outside"> | null;
  readonly nodes: ReadonlyMap<string, NodeTraffic>;
}

/** Red, amber, or nothing. */
export type Tone = "bad" | "warn" | "";

/** The state of a box. */
export interface BoxState {
  readonly tone: Tone;
  /** The line of counters. */
  readonly text: string;
}

/** The state of an edge. */
export interface WireState {
  readonly tone: Tone;
  readonly above: string;
  readonly below: string;
  readonly flows: boolean;
}

/** The state of a box. */
export function boxState(view: TopologyTraffic, { content }: SceneBox): BoxState {
  if (content.kind === "outside") {
    const { kind, node, target } = content.outside;
    const owner = view.nodes.get(node);
    if (kind === "clients" || owner === undefined) return { tone: "", text: "" };
    return { tone: targetTone(owner, target), text: "" };
  }
  const node = view.nodes.get(content.node.name);
  return node === undefined ? { tone: "", text: "" } : { tone: nodeTone(node), text: counterText(node.status) };
}

/** The line of counters in a node's box: its state, unless it is ready, and its connections. */
function counterText({ state, connections }: NodeStatus): string {
  const counts = connections === null ? [] : [`${connections.active} active`, `${connections.total} total`];
  return [...state === "ready" && counts.length > 0 ? [] : [state], ...counts].join(", ");
}

/** Empty for nothing. */
function rateText(bytesPerSecond: number): string {
  return bytesPerSecond < 0.5 ? "" : formatRate(bytesPerSecond);
}

function nodeTone({ status, dropped }: NodeTraffic): Tone {
  if (status.state === "failed" || status.state === "degraded") return "bad";
  if (dropped.size > 0 || status.state === "draining") return "warn";
  return "";
}

/** A target is red if it is down, or if the only address of a node cannot be reached. */
function targetTone({ status }: NodeTraffic, name: string | null): Tone {
  if (name === null) return status.error !== null || status.faults.some(({ serving }) => !serving) ? "bad" : "";
  const target = status.targets?.find((one) => one.name === name);
  if (target === undefined) return "";
  return target.state === "down" ? "bad" : target.state === "draining" || target.state === "disabled" ? "warn" : "";
}

/** The state of an edge. */
export function wireState(view: TopologyTraffic, wire: SceneWire): WireState {
  return wire.kind === "outside" ? outsideState(view, wire) : insideState(view, wire);
}

function insideState(view: TopologyTraffic, { kind, from, to }: SceneWire): WireState {
  const [source, target] = [view.nodes.get(from.node), view.nodes.get(to.node)];
  if (source === undefined) return QUIET;
  const rate = kind === "accept" ? turned(source.meter.rate) : rateOf(source, from.label);
  const dropped = [
    ...droppedAt(source, kind === "accept" ? null : from.label),
    ...(target === undefined ? [] : droppedAt(target, to.label)),
  ];
  const pushed = source.pushedBack !== null && target !== undefined && target.pushedBack !== null;
  return stateOf(rate, { refused: null, dropped, pushed });
}

function outsideState(view: TopologyTraffic, { from, to }: SceneWire): WireState {
  const inward = view.nodes.get(to.node);
  if (inward !== undefined) {
    const trouble = { refused: inward.refused, dropped: [], pushed: inward.pushedBack !== null };
    return stateOf(turned(inward.meter.rate), trouble);
  }
  const owner = view.nodes.get(from.node);
  const outside = view.drawing?.outside.find(({ id }) => id === to.node);
  if (owner === undefined || outside === undefined) return QUIET;
  const target = owner.status.targets?.find(({ name }) => name === outside.target);
  if (target === undefined) {
    const state = stateOf(owner.meter.rate, { refused: null, dropped: [], pushed: owner.pushedBack !== null });
    return targetTone(owner, null) === "bad" ? { ...state, tone: "bad" } : state;
  }
  const words = target.state === "up" || target.state === "unknown" ? `${target.active} active` : target.state;
  const failed = target.failed === 0 ? "" : `${target.failed} failed`;
  return { tone: targetTone(owner, outside.target), above: words, below: failed, flows: target.active > 0 };
}

const QUIET: WireState = { tone: "", above: "", below: "", flows: false };

interface WireTrouble {
  readonly refused: Lately | null;
  readonly dropped: readonly Lately[];
  readonly pushed: boolean;
}

/** `rate`: what goes to the right is `out` of the node at the left. */
function stateOf(rate: Rate, { refused, dropped, pushed }: WireTrouble): WireState {
  const [right, left] = [rateText(rate.out), rateText(rate.in)];
  const lost = dropped.reduce((sum, { count }) => sum + count, 0);
  const words = [
    ...left === "" ? [] : [`← ${left}`],
    ...refused === null ? [] : [`${refused.count} refused`],
    ...lost === 0 ? [] : [`${lost} dropped`],
    ...pushed ? ["pushed back"] : [],
  ];
  return {
    tone: refused !== null || pushed ? "bad" : lost > 0 ? "warn" : "",
    above: right === "" ? "" : `→ ${right}`,
    below: words.join(" "),
    flows: right !== "" || left !== "",
  };
}

function turned({ in: into, out }: Rate): Rate {
  return { in: out, out: into };
}

/** The rate of a hook; one that is not named is the only one of its node. */
function rateOf(node: NodeTraffic, hook: string | null): Rate {
  const meter = hook === null ? undefined : node.hooks.get(hook);
  if (meter !== undefined) return meter.rate;
  // A socket reads from the network what it sends into the graph.
  return hook === null ? turned(node.meter.rate) : NO_RATE;
}

function droppedAt({ dropped }: NodeTraffic, hook: string | null): readonly Lately[] {
  if (hook === null) return [...dropped.values()];
  const found = dropped.get(hook);
  return found === undefined ? [] : [found];
}

/** The traffic between two statuses of a topology. */
export function trafficBetween(
  before: TopologyStatus,
  now: TopologyStatus,
  { ms, drawing }: { readonly ms: number; readonly drawing: Drawing },
): TopologyTraffic {
  const earlier = new Map(before.nodes.map((node) => [node.name, node]));
  const pushedBack = (name: string): Lately | null => {
    const [then, later] = [pushedBackMs(before, name), pushedBackMs(now, name)];
    return later > then ? { count: later - then } : null;
  };
  const nodes = now.nodes.map((status): [string, NodeTraffic] => {
    const then = earlier.get(status.name) ?? status;
    const refused = (status.connections?.refused ?? 0) - (then.connections?.refused ?? 0);
    const hooks = new Map(then.hooks.map((hook) => [hook.name, hook]));
    const dropped = status.hooks.flatMap((hook): [string, Lately][] => {
      const count = sumOf(hook.dropped) - sumOf(hooks.get(hook.name)?.dropped ?? {});
      return count > 0 ? [[hook.name, { count }]] : [];
    });
    return [status.name, {
      status,
      meter: { rate: rateBetween(carriedBy(then), carriedBy(status), ms) },
      hooks: new Map(
        status.hooks.map((hook) => [hook.name, { rate: rateBetween(hooks.get(hook.name) ?? hook, hook, ms) }]),
      ),
      refused: refused > 0 ? { count: refused } : null,
      dropped: new Map(dropped),
      pushedBack: pushedBack(status.name),
    }];
  });
  return { drawing, nodes: new Map(nodes) };
}

type Counted = Pick<NodeStatus["hooks"][number], "in" | "out">;

function rateBetween(before: Counted, now: Counted, ms: number): Rate {
  const per = (later: number, then: number) => Math.max(0, (later - then) * 1_000 / Math.max(1, ms));
  return { in: per(now.in.bytes, before.in.bytes), out: per(now.out.bytes, before.out.bytes) };
}

function pushedBackMs({ timings = {} }: TopologyStatus, name: string): number {
  const { in: into = 0, out = 0 } = timings[name]?.backpressureMs ?? {};
  return into + out;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}
