/**
 * How boxes and edges of the graph look now: their tone, texts and rates.
 *
 * @module
 */

import type { SceneBox, SceneWire } from "../drawing/scene.ts";
import type { NodeView, TopologyView, Trouble } from "./store.ts";
import { counterText, rateText } from "./texts.ts";
import { NO_RATE, type Rate } from "../reconcile/status/rate_meter.ts";

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
export function boxState(view: TopologyView, { content }: SceneBox): BoxState {
  if (content.kind === "outside") {
    const { kind, node, target } = content.outside;
    const owner = view.nodes.get(node);
    if (kind === "clients" || owner === undefined) return { tone: "", text: "" };
    return { tone: targetTone(owner, target), text: "" };
  }
  const node = view.nodes.get(content.node.name);
  return node === undefined ? { tone: "", text: "" } : { tone: nodeTone(node), text: counterText(node.status) };
}

function nodeTone({ status, dropped }: NodeView): Tone {
  if (status.state === "failed" || status.state === "degraded") return "bad";
  if (dropped.size > 0 || status.state === "draining") return "warn";
  return "";
}

/** A target is red if it is down, or if the only address of a node cannot be reached. */
function targetTone({ status }: NodeView, name: string | null): Tone {
  if (name === null) return status.error !== null || status.faults.some(({ serving }) => !serving) ? "bad" : "";
  const target = status.targets?.find((one) => one.name === name);
  if (target === undefined) return "";
  return target.state === "down" ? "bad" : target.state === "draining" || target.state === "disabled" ? "warn" : "";
}

/** The state of an edge. */
export function wireState(view: TopologyView, wire: SceneWire): WireState {
  return wire.kind === "outside" ? outsideState(view, wire) : insideState(view, wire);
}

function insideState(view: TopologyView, { kind, from, to }: SceneWire): WireState {
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

function outsideState(view: TopologyView, { from, to }: SceneWire): WireState {
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
  readonly refused: Trouble | null;
  readonly dropped: readonly Trouble[];
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
function rateOf(node: NodeView, hook: string | null): Rate {
  const meter = hook === null ? undefined : node.hooks.get(hook);
  if (meter !== undefined) return meter.rate;
  // A socket reads from the network what it sends into the graph.
  return hook === null ? turned(node.meter.rate) : NO_RATE;
}

function droppedAt({ dropped }: NodeView, hook: string | null): readonly Trouble[] {
  if (hook === null) return [...dropped.values()];
  const found = dropped.get(hook);
  return found === undefined ? [] : [found];
}
