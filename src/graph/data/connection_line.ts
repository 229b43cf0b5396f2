/**
 * A connection that has ended, as an object of the JSON format.
 *
 * @module
 */

import type { ConnectionRecord, RecordedAddress } from "./connection_record.ts";

/** A connection that has ended. */
export interface EndedConnection extends Omit<ConnectionRecord, "endedAt" | "client" | "target"> {
  /** The kind of line. */
  readonly kind: "connection";
  /** When it ended, ISO 8601. */
  readonly time: string;
  /** The client's address. */
  readonly client: string;
  /** The address it was relayed to; null if it was served by nodes of the topology, or never got there. */
  readonly target: string | null;
}

/** A record as an object of the JSON format. */
export function recordLine({ endedAt, connectMs, durationMs, ...record }: ConnectionRecord): EndedConnection {
  return {
    kind: "connection",
    time: new Date(endedAt).toISOString(),
    ...record,
    client: addressText(record.client),
    target: record.target === null ? null : addressText(record.target),
    connectMs: connectMs === null ? null : toMicroseconds(connectMs),
    durationMs: toMicroseconds(durationMs),
  };
}

/** An address as one text. */
export function addressText({ text, port }: RecordedAddress): string {
  return port === 0 ? text : `${text}:${port}`;
}

/** Milliseconds without what no clock can measure. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
