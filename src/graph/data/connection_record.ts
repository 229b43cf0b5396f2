/**
 * The record of a connection, or a flow of datagrams, that has ended: for the access log.
 *
 * @module
 */

import type { CloseReason } from "./close_reason.ts";

/** The side that ended a connection. */
export type ClosedBy = "client" | "target" | "engine";

/** The facts about TLS: the result of the handshake, or the request of a client whose TLS was routed and not decrypted. */
export interface RecordedTls {
  /** Such as `TLSv1.3`; null if it was not decrypted. */
  readonly version: string | null;
  /** The server name that the client sent; null if it sent none. */
  readonly serverName: string | null;
  /** The application protocol; null if none was agreed on. */
  readonly alpn: string | null;
}

/** An address in two parts, so that a line is written without a new text for each port. */
export interface RecordedAddress {
  /** Its text without the port. */
  readonly text: string;
  /** Its port; 0 for none. */
  readonly port: number;
}

/** A connection that has ended. */
export interface ConnectionRecord {
  /** When it ended, in milliseconds since 1970. */
  readonly endedAt: number;
  /** The topology of its listener; empty for one that was created manually. */
  readonly topology: string;
  /** The listener. */
  readonly node: string;
  /** The generation of the topology in which it was accepted. */
  readonly generation: number;
  /** The client's address. */
  readonly client: RecordedAddress;
  /** The address it was relayed to; null if it was served by nodes of the topology, or never got there. */
  readonly target: RecordedAddress | null;
  /** Null without TLS, before the handshake is complete, and where no rule of `route` has read it. */
  readonly tls: RecordedTls | null;
  /** From its acceptance until it was joined to its target, in milliseconds; null if that never happened. */
  readonly connectMs: number | null;
  /** From its acceptance to its end, in milliseconds. */
  readonly durationMs: number;
  /** Bytes from the client. */
  readonly bytesIn: number;
  /** Bytes to the client. */
  readonly bytesOut: number;
  /** The side that ended it. */
  readonly closedBy: ClosedBy;
  /** Why it ended. */
  readonly reason: CloseReason;
}

/** The format of lines. */
export type LineFormat = "text" | "json";

/** The requested records of connections that end. */
export interface ConnectionRecording {
  /** Their records. */
  readonly records: boolean;
  /** Lines of this format; null for none. */
  readonly lines: LineFormat | null;
}

/** No records are requested. */
export const NO_RECORDING: ConnectionRecording = { records: false, lines: null };
