/**
 * Events of an engine: failures in its graph, actions of its loop, changes by its clients. They are plain data. Each
 * has a level and a subject; the terminal, the log and `GET /v1/events` render them.
 *
 * @module
 */

import type { EventError, EventLevel, GraphFailure } from "../../graph/data/event.ts";

/** An event of an engine. */
export type EngineEvent = GraphFailure | ReconcileEvent | HostEvent;

/** The result of a change. */
export type ChangeResult = "unchanged" | "applied" | "failed" | "rolled-back" | "rollback-failed";

/** Actions of the loop itself. */
export type ReconcileEvent =
  | { readonly kind: "retry-planned"; readonly topology: string; readonly node: string; readonly delayMs: number }
  | { readonly kind: "retry-started"; readonly topology: string; readonly node: string }
  | { readonly kind: "recovered"; readonly topology: string; readonly node: string }
  | { readonly kind: "gave-up"; readonly topology: string; readonly node: string; readonly error: EventError | null }
  /** A manual change at this path was reverted; the observed state is the desired one again. */
  | { readonly kind: "drift-reverted"; readonly topology: string; readonly drift: string }
  /** A generation is rolled back at that time (ISO 8601) unless it is confirmed. */
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
    readonly result: ChangeResult | "down";
  }
  /** A change has ended. */
  | {
    readonly kind: "applied";
    readonly topology: string;
    readonly result: ChangeResult;
    /** The number of closed connections. */
    readonly closed: number;
    readonly ms: number;
  }
  /** An internal error; the engine continues. */
  | { readonly kind: "error"; readonly topology: string; readonly message: string };

/** A client has changed something. */
export interface ClientChange {
  /** The kind of event. */
  readonly kind: "client-change";
  /** The topology; "" for nodes without one. */
  readonly topology: string;
  /** The change, in one line. */
  readonly text: string;
}

/** Events of the process around the graph. */
export type HostEvent =
  | ClientChange
  /** The graph failed, with all topologies in it. It is restarted after the delay. */
  | { readonly kind: "graph-lost"; readonly error: EventError; readonly delayMs: number }
  /** The graph runs again, and all topologies are applied again. */
  | { readonly kind: "graph-restarted" }
  /** The control socket's path was removed: it was created again, or cannot be. */
  | { readonly kind: "control-path"; readonly path: string; readonly error: EventError | null }
  /** HTTP over TCP is not served, or is served again. */
  | { readonly kind: "http"; readonly error: EventError | null }
  /** The last good generation of a topology could not be kept; `""`: kept ones cannot be used. */
  | { readonly kind: "not-saved"; readonly topology: string; readonly error: EventError };

/** The subject of an event. */
export interface EventSubject {
  /** Null: the engine itself. */
  readonly topology: string | null;
  /** Null: the whole topology. */
  readonly node: string | null;
}

/** The level of an event. */
export function levelOf(event: EngineEvent): EventLevel {
  switch (event.kind) {
    case "failed":
    case "connection-failed":
    case "retry-planned":
    case "retry-started":
    case "unconfirmed":
      return "warn";
    case "gave-up":
    case "graph-lost":
    case "thread-lost":
    case "not-saved":
    case "error":
      return "error";
    case "control-path":
    case "http":
      return event.error === null ? "info" : "error";
    case "applied":
      return event.result === "applied" || event.result === "unchanged" ? "info" : "error";
    case "program-output":
    case "recovered":
    case "drift-reverted":
    case "awaiting-confirmation":
    case "confirmed":
    case "client-change":
    case "graph-restarted":
    case "thread-restarted":
      return "info";
  }
}

/** The subject of an event. */
export function subjectOf(event: EngineEvent): EventSubject {
  return {
    topology: "topology" in event && event.topology !== "" ? event.topology : null,
    node: "node" in event ? event.node : null,
  };
}
