/**
 * How a node fares, as it tells it itself: plain data for status and metrics.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

/** How a node fares, as it sees itself. */
export interface NodeReport {
  /** Its socket address in ASCII form, null where it has none. */
  readonly local: string | null;
  /** Its peer in ASCII form. */
  readonly peer: string | null;
  /** Connections that were accepted here; null where nothing is accepted. */
  readonly connections: ConnectionCounts | null;
  /** What was dropped or closed, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Notes for people, such as `backlog is a hint on bun`. */
  readonly notes: readonly string[];
  /** What keeps it from serving its traffic; absent where nothing does. */
  readonly faults?: readonly Fault[];
  /** True while it takes no new connections because it drains. */
  readonly draining?: boolean;
}

/** Connections of a listener. */
export interface ConnectionCounts {
  /** Open ones. */
  readonly active: number;
  /** All that were accepted and joined to their target. */
  readonly total: number;
  /** All that were refused or could not be set up; not those that ended before anything could be. */
  readonly refused: number;
  /** All attempts by result (`accepted`, `denied`, `upstream_failed`); absent where all of them were accepted. */
  readonly results?: Readonly<Record<string, number>>;
  /** Active ones by the generation they began under. */
  readonly byGeneration: Readonly<Record<string, number>>;
}

/** Octets and items that went one way. */
export interface Traffic {
  /** Octets. */
  readonly bytes: number;
  /** Items. */
  readonly items: number;
}
