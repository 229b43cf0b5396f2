/**
 * The programs of a benchmark, which relay from one loopback port to another.
 *
 * @module
 */

import type { Child, Children } from "./children.ts";
import type { Transport } from "./ports.ts";

/**
 * - `direct`: no relay at all
 * - `bare`: the smallest relay on the same runtime, for comparison
 * - `peer`: another relay
 * - `ours`: sockgraph
 */
export type Role = "direct" | "bare" | "peer" | "ours";

/** What is measured. */
export type RowName = "bulk" | "streams" | "status" | "requests" | "connections" | "datagrams" | "idle";

/** The TCP rows that measure speed. */
export const STREAM_ROWS = ["bulk", "requests", "connections"] as const;

/** The ports and the folder of a relay. */
export interface Place {
  readonly children: Children;
  /** A folder of its own, for configuration and sockets. */
  readonly folder: string;
  readonly transport: Transport;
  /** The port on which it accepts connections or datagrams. */
  readonly port: number;
  /** The port of the target. */
  readonly target: number;
}

/** One relay in one configuration. */
export interface Contender {
  readonly name: string;
  readonly role: Role;
  /** The rows in which it is measured. */
  readonly rows: readonly RowName[];
  /** Those of a quick run. */
  readonly quickRows: readonly RowName[];
  /**
   * Starts it. It may bind its port later.
   *
   * @throws Unavailable if it is not installed
   */
  start(place: Place): Promise<Child> | Child;
}
