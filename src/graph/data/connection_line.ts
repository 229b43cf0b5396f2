/**
 * A connection that has ended, as an object of the JSON format.
 *
 * @module
 */

import type { ConnectionRecord } from "./connection_record.ts";

/** A connection that has ended. */
export interface EndedConnection extends Omit<ConnectionRecord, "endedAt"> {
  /** The kind of line. */
  readonly kind: "connection";
  /** When it ended, ISO 8601. */
  readonly time: string;
}

/** A record as an object of the JSON format. */
export function recordLine({ endedAt, connectMs, durationMs, ...record }: ConnectionRecord): EndedConnection {
  return {
    kind: "connection",
    time: new Date(endedAt).toISOString(),
    ...record,
    connectMs: connectMs === null ? null : toMicroseconds(connectMs),
    durationMs: toMicroseconds(durationMs),
  };
}

/** Milliseconds without what no clock can measure. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
