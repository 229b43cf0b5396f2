/**
 * A node's own report of its health: plain data for status and metrics.
 *
 * @module
 */

import type { Fault } from "./fault.ts";
import type { TargetReport } from "./target_report.ts";

/** A node's own report of its health. */
export interface NodeReport {
  /** Its socket address in ASCII form, null if it has none. */
  readonly local: string | null;
  /** Its peer in ASCII form. */
  readonly peer: string | null;
  /** Connections that were accepted here; null if it does not accept. */
  readonly connections: ConnectionCounts | null;
  /** Dropped items and closed connections, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Notes, such as `backlog is a hint on bun`. */
  readonly notes: readonly string[];
  /** The faults that keep it from serving its traffic; absent if there are none. */
  readonly faults?: readonly Fault[];
  /** ISO 8601: the time of the last connection that was joined to its target; absent if there was none. */
  readonly servedAt?: string;
  /** True while it accepts no new connections because it drains. */
  readonly draining?: boolean;
  /** The targets between which it balances connections; absent if it has none. */
  readonly targets?: readonly TargetReport[];
  /** The certificates that it presents; absent if it has none. */
  readonly certificates?: readonly CertificateReport[];
}

/** A certificate of a TLS socket. */
export interface CertificateReport {
  /** The path of its file. */
  readonly path: string;
  /** ISO 8601: until when it is valid. */
  readonly notAfter: string;
}

/** Connections of a listener. */
export interface ConnectionCounts {
  /** Open ones. */
  readonly active: number;
  /** All that were accepted and joined to their target. */
  readonly total: number;
  /** All that were rejected or could not be set up; not those that ended before set-up. */
  readonly refused: number;
  /** All attempts by result (`accepted`, `denied`, `upstream_failed`); absent if all of them were accepted. */
  readonly results?: Readonly<Record<string, number>>;
  /** Active ones by the generation of their start. */
  readonly byGeneration: Readonly<Record<string, number>>;
  /** Those of each rule of `route`, in their order; absent if it has none. */
  readonly byRule?: readonly RuleCounts[];
}

/** Connections that a rule of `route` has taken. */
export interface RuleCounts {
  /** The conditions of the rule as text: `sni=www.example`, `default`. */
  readonly rule: string;
  /** Open ones. */
  readonly active: number;
  /** All that the listener of this name has had. */
  readonly total: number;
}

/** Bytes and items in one direction. */
export interface Traffic {
  /** Bytes. */
  readonly bytes: number;
  /** Items. */
  readonly items: number;
}
