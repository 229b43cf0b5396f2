/**
 * The events that an engine sends to its subscribers: a snapshot first, then each event with its time.
 *
 * @module
 */

import type { EventLevel } from "../../graph/data/event.ts";
import { type EngineEvent, levelOf } from "../../reconcile/loop/event.ts";
import type { Health, Status } from "../../reconcile/status/status_types.ts";
import { lines, type Nothing, type Operation, query } from "../operation.ts";
import { count, kinds, type LooseShapes, named, number, orNull, text, textOrNull, word } from "../shape.ts";
import { FAILURE, STATUS } from "../status_shape.ts";

/** An event of the engine, or of its stream of events. */
export type ControlEventBody = EngineEvent | StreamEvent;

/** Messages to a subscriber beside the events of the engine. */
export type StreamEvent =
  /** The status; always first. */
  | { readonly kind: "snapshot"; readonly status: Status }
  /** The observed state differs from the desired one at this path; null: it differs no longer. */
  | { readonly kind: "drift"; readonly topology: string; readonly drift: string | null }
  /** The health of a topology has changed; null: the topology was removed. */
  | {
    readonly kind: "health";
    readonly topology: string;
    readonly health: Health | null;
    /** Why it is not Ready, Degraded or Stalled, from its condition; null if it is healthy or removed. */
    readonly reason: string | null;
    readonly message: string | null;
  }
  /** Nothing happened for five seconds. */
  | { readonly kind: "heartbeat" }
  /** So many events were dropped because the subscriber read too slowly. */
  | { readonly kind: "dropped"; readonly count: number };

/** An event, when it happened, and how much it matters. */
export type ControlEvent = {
  /** ISO 8601. */
  readonly time: string;
  /** The level. */
  readonly level: EventLevel;
} & ControlEventBody;

/** An event as it crosses the wire. */
export function wire(event: ControlEventBody, time: string): ControlEvent {
  const level = levelOfAny(event);
  if (!("error" in event) || event.error === null) return { time, ...event, level };
  const { code, message } = event.error;
  return { time, ...event, error: { code, message }, level };
}

function levelOfAny(event: ControlEventBody): EventLevel {
  switch (event.kind) {
    case "snapshot":
    case "heartbeat":
      return "info";
    case "drift":
      return event.drift === null ? "info" : "warn";
    case "health":
      return event.reason === null ? "info" : "warn";
    case "dropped":
      return "warn";
    default:
      return levelOf(event);
  }
}

/** The part of the engine for subscribers. */
export interface EventApi {
  /** The status, then events, until the signal aborts or the engine ends. If the reader is too slow, events are dropped. */
  events(options?: { signal?: AbortSignal }): AsyncIterable<ControlEvent>;
}

const RESULT = word(["unchanged", "applied", "failed", "rolled-back", "rollback-failed"]);
const ABOUT = { topology: text("By name") };
const NODE = { ...ABOUT, node: text("By name") };
const GENERATION = count("A generation");

const EVENTS: Readonly<Record<ControlEventBody["kind"], LooseShapes>> = {
  snapshot: { status: STATUS },
  failed: { ...NODE, reason: text("A close reason"), error: FAILURE },
  "connection-failed": {
    ...NODE,
    peer: text("Who; empty: accepting is paused"),
    reason: text("A close reason"),
    error: FAILURE,
  },
  "program-output": { ...NODE, pid: count("The process"), line: text("One line of its standard error") },
  "retry-planned": { ...NODE, delayMs: number() },
  "retry-started": NODE,
  recovered: NODE,
  "gave-up": { ...NODE, error: orNull(FAILURE) },
  "drift-reverted": { ...ABOUT, drift: text("A path") },
  "awaiting-confirmation": { ...ABOUT, generation: GENERATION, until: text("ISO 8601") },
  confirmed: { ...ABOUT, generation: GENERATION },
  unconfirmed: { ...ABOUT, generation: GENERATION, result: text("The result of the rollback") },
  applied: { ...ABOUT, result: RESULT, closed: count("Connections that it closed"), ms: number() },
  "client-change": { ...ABOUT, text: text("What a client did, for people") },
  drift: { ...ABOUT, drift: textOrNull("A path; null: no difference any more") },
  health: {
    ...ABOUT,
    health: textOrNull("Its state; null: it no longer exists"),
    reason: textOrNull("Why it is not healthy: the reason of a condition; null if it is healthy or removed"),
    message: textOrNull("The same for people"),
  },
  "thread-lost": { thread: count("Which"), error: FAILURE, delayMs: number() },
  "thread-restarted": { thread: count("Which") },
  "graph-lost": { error: FAILURE, delayMs: number() },
  "graph-restarted": {},
  "control-path": { path: text("The control socket"), error: orNull(FAILURE) },
  http: { error: orNull(FAILURE) },
  "not-saved": { ...ABOUT, error: FAILURE },
  error: { ...ABOUT, message: text("For people") },
  heartbeat: {},
  dropped: { count: count("How many") },
};

const FOLLOW_EVENTS: Operation<Nothing, ControlEvent, "lines"> = lines({
  name: "events",
  method: "GET",
  path: "/v1/events",
  summary: "A snapshot, then what happens",
  request: query<Nothing>({}),
  response: named("Events", kinds(EVENTS, { time: text("ISO 8601"), level: word(["info", "warn", "error"]) })),
});

/** Following what happens. */
export const EVENT_STREAM = { events: FOLLOW_EVENTS };
