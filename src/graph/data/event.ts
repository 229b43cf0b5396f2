/**
 * The events of a graph. Level-triggered readers need only `changed`; the others are for output.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { CloseReason } from "./close_reason.ts";

/** An event. */
export type GraphEvent =
  /** The snapshot of a scope has changed (except for counters). */
  | { readonly kind: "changed"; readonly scope: string }
  /** A declared node failed, or cannot serve. */
  | {
    readonly kind: "failed";
    readonly scope: string;
    readonly node: string;
    readonly reason: CloseReason;
    readonly error: ErrorData;
  }
  /**
   * An accepted connection could not be set up; with an empty `peer`: accepting is paused, and resumes automatically.
   */
  | {
    readonly kind: "connection-failed";
    readonly scope: string;
    readonly node: string;
    readonly peer: string;
    readonly reason: CloseReason;
    readonly error: ErrorData;
  }
  /**
   * One of several threads has failed, with its connections; it is restarted after the delay. Threads are counted from
   * 1.
   */
  | { readonly kind: "thread-lost"; readonly thread: number; readonly error: ErrorData; readonly delayMs: number }
  /** A failed thread has restarted. */
  | { readonly kind: "thread-restarted"; readonly thread: number };
