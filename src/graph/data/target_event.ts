/**
 * What the threads of a graph report to each other about targets: the first thread judges their health for all, and the
 * others report what happened to their connections.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";

/**
 * - `asked`: the health is not known yet in a thread
 * - `failed`: connections have failed, or their datagrams were refused
 * - `connected`: a connection was established
 * - `heard`: a connection has served its client
 * - `unheard`: the target has closed a new connection without sending a byte, and may close every connection
 * - `open`: so many connections are open in a thread
 * - `health`: from the first thread to the others
 */
export type TargetEventKind = "failed" | "connected" | "heard" | "unheard" | "asked" | "open" | "health";

/** A report about one target, by its name. */
export interface TargetEvent {
  /** What it reports. */
  readonly kind: TargetEventKind;
  /** The name of the target. */
  readonly name: string;
  /** The number of connections that failed, or that are open. */
  readonly count?: number;
  /** The thread that has these open connections. */
  readonly part?: number;
  /** Why they failed. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  /** How the first thread judges it. */
  readonly health?: TargetJudgement;
}

/** The health of a target, as the first thread judges it. */
export interface TargetJudgement {
  /** Whether it is up, as far as is known. */
  readonly state: "unknown" | "up" | "down";
  /** True where a success would change something. */
  readonly isFailing: boolean;
  /** True while it may end all connections at once. */
  readonly mayCloseImmediately: boolean;
}
