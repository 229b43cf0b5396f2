/**
 * Events of a graph, for its subscribers. A subscriber that compares states needs only `changed`; all others are for
 * people.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "./close_reason.ts";
import type { ConnectionRecord } from "./connection_record.ts";
import type { Tapped } from "./tap.ts";
import type { TargetEvent } from "./target_event.ts";

/** How much an event or a line of a log matters. */
export type EventLevel = "info" | "warn" | "error";

/** A failure, for programs and for people. */
export interface EventError {
  /** For programs. */
  readonly code: ErrorCode;
  /** For people. */
  readonly message: string;
}

/** Something that happened in a graph. */
export type GraphEvent =
  /** The snapshot of a scope would now read differently (counters apart). */
  | { readonly kind: "changed"; readonly scope: string }
  /** One of several threads has events of a node's targets for the others. */
  | { readonly kind: "targets"; readonly scope: string; readonly node: string; readonly events: readonly TargetEvent[] }
  | ConnectionsEnded
  | Tapped
  | GraphFailure;

/** Connections have ended, and were recorded. */
export interface ConnectionsEnded {
  /** The kind of event. */
  readonly kind: "connections-ended";
  /** The number of connections. */
  readonly count: number;
  /** The number of connections before these whose records are missing: the receiver did not take those before them. */
  readonly lost: number;
  /** In the order of their ends; none if only lines are requested. */
  readonly records: readonly ConnectionRecord[];
  /** A line for each; null if only records are requested. */
  readonly lines: Uint8Array<ArrayBuffer> | null;
}

/** A part of a graph that failed, or that runs again. A scope is named as the topology that has it. */
export type GraphFailure =
  /** A declared node ended by itself, or cannot do its work. */
  | {
    readonly kind: "failed";
    readonly topology: string;
    readonly node: string;
    readonly reason: CloseReason;
    readonly error: EventError;
  }
  /** A connection could not be served; with an empty `peer`: accepting is paused, and continues by itself. */
  | {
    readonly kind: "connection-failed";
    readonly topology: string;
    readonly node: string;
    readonly peer: string;
    readonly reason: CloseReason;
    readonly error: EventError;
  }
  /** A program of an exec has written a line to its standard error; `node` is the listener for one per connection. */
  | {
    readonly kind: "program-output";
    readonly topology: string;
    readonly node: string;
    readonly pid: number;
    readonly line: string;
  }
  /** One of several threads failed, with its connections; it is restarted after the delay. Threads count from 1. */
  | { readonly kind: "thread-lost"; readonly thread: number; readonly error: EventError; readonly delayMs: number }
  /** A thread that had failed runs again. */
  | { readonly kind: "thread-restarted"; readonly thread: number };
