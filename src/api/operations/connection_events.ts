/**
 * The connections that end, for those who follow them: one line for each, the same as in the access log.
 *
 * @module
 */

import type { EndedConnection } from "../../graph/data/connection_line.ts";
import type { ClosedBy, RecordedTls } from "../../graph/data/connection_record.ts";
import { lines, type Nothing, type Operation, query } from "../operation.ts";
import { count, kinds, named, number, orNull, record, text, textOrNull, word } from "../shape.ts";

/** A connection that has ended, or a line about the stream itself. */
export type ConnectionLine =
  | EndedConnection
  /** So many connections were not reported because the reader was too slow. */
  | { readonly kind: "dropped"; readonly time: string; readonly count: number }
  /** Nothing happened for five seconds. */
  | { readonly kind: "heartbeat"; readonly time: string };

/** The part of the engine for those who follow connections. */
export interface ConnectionEventApi {
  /** Connections that are accepted from now on, when they end, until the signal aborts or the engine ends. A slow reader misses some of it. */
  connectionEvents(options?: { signal?: AbortSignal }): AsyncIterable<ConnectionLine>;
}

const CLOSED_BY: readonly ClosedBy[] = ["client", "target", "engine"];
const TLS = record<RecordedTls>({
  version: textOrNull("Such as TLSv1.3; null if a listener routes TLS and does not decrypt it"),
  serverName: textOrNull("The name that the client asked for"),
  alpn: textOrNull("The application protocol"),
});

const FOLLOW_CONNECTIONS: Operation<Nothing, ConnectionLine, "lines"> = lines({
  name: "connectionEvents",
  method: "GET",
  path: "/v1/connections/events",
  summary: "Connections that are accepted from now on, when they end",
  request: query<Nothing>({}),
  response: named(
    "ConnectionLines",
    kinds({
      connection: {
        topology: text("By name; empty for a node without one"),
        node: text("The listener"),
        generation: count("The generation in which it was accepted"),
        client: text("Its address"),
        target: textOrNull("The address that it was relayed to"),
        tls: orNull(TLS),
        connectMs: orNull(number()),
        durationMs: number(),
        bytesIn: count("From the client"),
        bytesOut: count("To the client"),
        closedBy: word(CLOSED_BY),
        reason: text("A close reason"),
      },
      dropped: { count: count("How many") },
      heartbeat: {},
    }, { time: text("ISO 8601") }),
  ),
});

/** Following the connections that end. */
export const CONNECTION_STREAM = { connectionEvents: FOLLOW_CONNECTIONS };
