/**
 * What happens in a graph, for those who watch it. Level-triggered readers need only `changed`; the rest is for people.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { CloseReason } from "./close_reason.ts";

/** Something that happened. */
export type GraphEvent =
  /** The snapshot of a scope would now read differently (counters apart). */
  | { readonly kind: "changed"; readonly scope: string }
  /** A declared node ended by itself, or cannot do its work. */
  | {
    readonly kind: "failed";
    readonly scope: string;
    readonly node: string;
    readonly reason: CloseReason;
    readonly error: ErrorData;
  }
  /** Nothing could be made of an accepted connection; with an empty `peer`: accepting is paused, and goes on by itself. */
  | {
    readonly kind: "connection-failed";
    readonly scope: string;
    readonly node: string;
    readonly peer: string;
    readonly reason: CloseReason;
    readonly error: ErrorData;
  }
  /** One of several threads has failed, with the connections that it had; it is started again after the delay. They are counted from 1. */
  | { readonly kind: "thread-lost"; readonly thread: number; readonly error: ErrorData; readonly delayMs: number }
  /** A thread that had failed is there again. */
  | { readonly kind: "thread-restarted"; readonly thread: number };
