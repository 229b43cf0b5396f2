/**
 * The events that an engine sends to its subscribers: a snapshot first, then each event with its time.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "../../graph/data/close_reason.ts";
import type { Health, Status } from "../../reconcile/status/status_types.ts";
import { lines, type Nothing, type Operation, query } from "../operation.ts";
import { count, kinds, type LooseShapes, named, number, orNull, text, textOrNull, word } from "../shape.ts";
import { FAILURE, STATUS } from "../status_shape.ts";

/** A failure, for programs and for people. */
export interface EventError {
  /** For programs. */
  readonly code: ErrorCode;
  /** For people. */
  readonly message: string;
}

/** Something that happened. */
export type ControlEventBody =
  /** What runs; the first of all. */
  | { readonly kind: "snapshot"; readonly status: Status }
  /** A node ended by itself, or cannot do its work. */
  | {
    readonly kind: "failed";
    readonly topology: string;
    readonly node: string;
    readonly reason: CloseReason;
    readonly error: EventError;
  }
  /** Nothing could be made of an accepted connection. */
  | {
    readonly kind: "connection-failed";
    readonly topology: string;
    readonly node: string;
    readonly peer: string;
    readonly reason: CloseReason;
    readonly error: EventError;
  }
  | { readonly kind: "retry-planned"; readonly topology: string; readonly node: string; readonly delayMs: number }
  | { readonly kind: "retry-started"; readonly topology: string; readonly node: string }
  | { readonly kind: "recovered"; readonly topology: string; readonly node: string }
  | {
    readonly kind: "gave-up";
    readonly topology: string;
    readonly node: string;
    readonly error: EventError | null;
  }
  /** A manual change at this path was reverted; the observed state is the desired one again. */
  | { readonly kind: "drift-healed"; readonly topology: string; readonly drift: string }
  /** A generation is rolled back at that time unless it is confirmed. */
  | {
    readonly kind: "awaiting-confirmation";
    readonly topology: string;
    readonly generation: number;
    readonly until: string;
  }
  | { readonly kind: "confirmed"; readonly topology: string; readonly generation: number }
  /** A generation was not confirmed in time and was rolled back; `down`: nothing ran before. */
  | {
    readonly kind: "unconfirmed";
    readonly topology: string;
    readonly generation: number;
    readonly result: "unchanged" | "applied" | "failed" | "rolled-back" | "rollback-failed" | "down";
  }
  /** A change came to its end. */
  | {
    readonly kind: "applied";
    readonly topology: string;
    readonly result: "unchanged" | "applied" | "failed" | "rolled-back" | "rollback-failed";
    /** How many connections it closed. */
    readonly closed: number;
    readonly ms: number;
  }
  /** A client has changed something: a verb such as `suspend`, or a control message; `""` where no topology has the node. */
  | { readonly kind: "client-change"; readonly topology: string; readonly text: string }
  /** The observed state differs from the desired one at this path; null: it differs no longer. */
  | { readonly kind: "drift"; readonly topology: string; readonly drift: string | null }
  /** A topology fares otherwise; null: it is gone. */
  | {
    readonly kind: "health";
    readonly topology: string;
    readonly health: Health | null;
    /** Why it is not Ready, Degraded or Stalled, as its condition says; null where all is well, or it is gone. */
    readonly reason: string | null;
    readonly message: string | null;
  }
  /** One of several threads has failed, with the connections that it had; it is started again after the delay. */
  | { readonly kind: "thread-lost"; readonly thread: number; readonly error: EventError; readonly delayMs: number }
  /** A thread that had failed is there again. */
  | { readonly kind: "thread-restarted"; readonly thread: number }
  /** An internal error; the engine continues. */
  | { readonly kind: "error"; readonly topology: string; readonly message: string }
  /** Nothing happened for five seconds. */
  | { readonly kind: "heartbeat" }
  /** So many events were dropped because the subscriber read too slowly. */
  | { readonly kind: "dropped"; readonly count: number };

/** What happened, and when. */
export type ControlEvent = {
  /** ISO 8601. */
  readonly time: string;
} & ControlEventBody;

/** The engine as those see it who follow it. */
export interface EventApi {
  /** What runs, then what happens, until the signal aborts or the engine ends. A slow reader misses some of it. */
  events(options?: { signal?: AbortSignal }): AsyncIterable<ControlEvent>;
}

const RESULT = word(["unchanged", "applied", "failed", "rolled-back", "rollback-failed"]);
const ABOUT = { topology: text("By name") };
const NODE = { ...ABOUT, node: text("By name") };
const GENERATION = count("A generation");

const EVENTS: Readonly<Record<string, LooseShapes>> = {
  snapshot: { status: STATUS },
  failed: { ...NODE, reason: text("A close reason"), error: FAILURE },
  "connection-failed": {
    ...NODE,
    peer: text("Who; empty: accepting is paused"),
    reason: text("A close reason"),
    error: FAILURE,
  },
  "retry-planned": { ...NODE, delayMs: number() },
  "retry-started": NODE,
  recovered: NODE,
  "gave-up": { ...NODE, error: orNull(FAILURE) },
  "drift-healed": { ...ABOUT, drift: text("A path") },
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
  response: named("News", kinds(EVENTS, { time: text("ISO 8601") })),
});

/** Following what happens. */
export const EVENT_STREAM = { events: FOLLOW_EVENTS };
