/**
 * The state of a target of connections: plain data for status and metrics.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { TotalsByTarget } from "./target_counts.ts";

/**
 * - `unknown`: neither a connection nor a probe has shown anything yet, which is no failure
 * - `up`: the last connection or probe succeeded
 * - `down`: as many in a row have failed as `fall` says
 * - `draining`: it gets no new connections; its open connections continue, and it is probed
 * - `disabled`: it gets no new connections and is not probed
 * - `removed`: it is not a target any more; its open connections continue, and its counts stay
 */
export type TargetState = "unknown" | "up" | "down" | "draining" | "disabled" | "removed";

/** All of them. */
export const TARGET_STATES: readonly TargetState[] = ["unknown", "up", "down", "draining", "disabled", "removed"];

/** The state of one target. */
export interface TargetReport {
  /** The name by which messages mean it. */
  readonly name: string;
  /** The name of the declared target, where this is one address of its name; otherwise absent. */
  readonly of?: string;
  /** Its address in ASCII form. */
  readonly address: string;
  /** Its part of the connections, compared with that of the others. */
  readonly weight: number;
  /** True for one that is used when no other is up. */
  readonly backup: boolean;
  /** Its state. */
  readonly state: TargetState;
  /** Open connections. */
  readonly active: number;
  /** All connections that were opened to it. */
  readonly total: number;
  /** All connections that could not be opened. */
  readonly failed: number;
  /** Probes by their result. */
  readonly probes: { readonly succeeded: number; readonly failed: number };
  /** ISO 8601: since when it is in its state; for one that is down, the first of its failures in a row. */
  readonly since: string;
  /** Failures in a row. */
  readonly failures: number;
  /** The last failure; null if the last connection or probe succeeded. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** ISO 8601: when it is probed next; null if no probe is planned. */
  readonly nextProbeAt: string | null;
}

/** True for a target that takes new connections, as far as is known. */
export function takesConnections({ state }: Pick<TargetReport, "state">): boolean {
  return state === "unknown" || state === "up";
}

/** True for one that is a target now, or still has connections: one that was only counted is not shown. */
export function isShownTarget({ state, active }: Pick<TargetReport, "state" | "active">): boolean {
  return state !== "removed" || active > 0;
}

/** The counts of targets, by name. */
export function totalsOf(targets: readonly TargetReport[]): TotalsByTarget {
  return Object.fromEntries(targets.map(({ name, total: connected, failed, probes }) => {
    return [name, { connected, failed, probes }];
  }));
}
