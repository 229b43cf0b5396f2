/**
 * What the engine sends to the live page: the state of all topologies, in parts, and events. Parts that have not
 * changed since the last message are omitted.
 *
 * @module
 */

import type { Drawing } from "../drawing/drawing.ts";
import type { EngineStatus, NodeStatus, TopologyStatus } from "../reconcile/status/status_types.ts";
import type { ControlEvent } from "./operations/events.ts";

/** A message to the page. */
export type PageMessage = PageFrame | PageEvent;

/** The changes since the last frame. */
export interface PageFrame {
  readonly kind: "frame";
  /** ISO 8601: the time of the values. */
  readonly time: string;
  /** The time since the values before: a node that is not in this frame carried nothing in it. */
  readonly sinceMs: number;
  /** The engine; only in the first frame. */
  readonly engine?: EngineStatus;
  /** The names of all topologies, if they have changed. */
  readonly names?: readonly string[];
  readonly topologies: readonly PageTopology[];
}

/** A topology without its nodes. */
export type TopologyHead = Pick<
  TopologyStatus,
  | "name"
  | "source"
  | "generation"
  | "observedGeneration"
  | "sync"
  | "drift"
  | "health"
  | "conditions"
  | "confirmUntil"
>;

/** The changes of a topology. */
export interface PageTopology {
  readonly name: string;
  readonly head?: TopologyHead;
  /** What to draw; its states and counters are those of the nodes. */
  readonly drawing?: Drawing;
  /** How long each node was pushed back in all, or pushed back itself, in milliseconds; without those that never were. */
  readonly pushedBackMs?: Readonly<Record<string, number>>;
  /** The nodes that have changed. */
  readonly nodes?: readonly NodeStatus[];
}

/** Something happened. */
export interface PageEvent {
  readonly kind: "event";
  readonly event: ControlEvent;
  /** Counts the events of the engine since its first open page; null for one about others that were dropped. */
  readonly number: number | null;
}

/** A connection, as the page lists it. */
export interface PageConnection {
  readonly id: string;
  readonly node: string;
  readonly generation: number;
  readonly ageMs: number;
  readonly peer: string | null;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** The newest connections of a topology. */
export interface PageConnections {
  /** The newest first. */
  readonly connections: readonly PageConnection[];
  /** Their total number. */
  readonly total: number;
}

/** A generation of a topology, with what it changed. */
export interface PageGeneration {
  readonly generation: number;
  readonly result: string;
  readonly current: boolean;
  readonly location: string;
  /** ISO 8601. */
  readonly appliedAt: string;
  /** The plan from the generation before, as `plan` prints it; null if that one is not kept. */
  readonly plan: string | null;
}
