/**
 * Who takes part in a benchmark: programs that relay from one port of loopback to another.
 *
 * @module
 */

import type { Child, Children } from "./children.ts";
import type { Transport } from "./ports.ts";

/**
 * - `direct`: no relay at all
 * - `bare`: the least program that does it on the same runtime, for comparison
 * - `peer`: another relay
 * - `ours`: sockgraph
 */
export type Role = "direct" | "bare" | "peer" | "ours";

/** What is measured. */
export type RowName = "bulk" | "streams" | "status" | "requests" | "connections" | "datagrams" | "idle";

/** The rows over TCP that are about speed. */
export const STREAM_ROWS = ["bulk", "requests", "connections"] as const;

/** Where a relay stands. */
export interface Place {
  readonly children: Children;
  /** A folder of its own, for configuration and sockets. */
  readonly folder: string;
  readonly transport: Transport;
  /** Where it takes connections or datagrams. */
  readonly port: number;
  /** Where they go. */
  readonly target: number;
}

/** One relay in one configuration. */
export interface Contender {
  readonly name: string;
  readonly role: Role;
  /** The rows it takes part in. */
  readonly rows: readonly RowName[];
  /** Those of a quick run. */
  readonly quickRows: readonly RowName[];
  /**
   * Starts it; it need not have bound its port yet.
   *
   * @throws Unavailable when it is not here
   */
  start(place: Place): Promise<Child> | Child;
}
