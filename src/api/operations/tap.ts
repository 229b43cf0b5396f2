/**
 * Copies of what passes through connections, for a client that taps them.
 *
 * @module
 */

import type { TapDirection } from "../../graph/data/tap.ts";
import { lines, oneOf, type Operation, optionalText, query, requiredText, truth } from "../operation.ts";
import { count, flag, kinds, named, text, word } from "../shape.ts";

/** The connections to tap. */
export interface TapQuery {
  /** A listener, or a ksocket that connects: `web/front`. */
  readonly path: string;
  /** Only the connection with this ID, `[1f]`; null: all of them. */
  readonly connection: string | null;
  /** Only clients in this block of addresses, `10.0.0.0/8`; null: all of them. */
  readonly client: string | null;
  /** `in`: what the node reads from its socket. */
  readonly direction: TapDirection | "both";
  /** True: only connections that begin from now on. */
  readonly newOnly: boolean;
  /** True: only the lengths. */
  readonly lengths: boolean;
}

/** A line of a tap. */
export type TapLine =
  /** The tap is open: always the first line. */
  | { readonly kind: "ready"; readonly time: string }
  | {
    readonly kind: "open";
    readonly time: string;
    readonly connection: string;
    readonly transport: "stream" | "datagram";
    readonly peer: string;
    readonly local: string;
    readonly isNew: boolean;
  }
  | {
    readonly kind: "data";
    readonly time: string;
    readonly connection: string;
    readonly direction: TapDirection;
    readonly length: number;
    /** Bytes of this connection and direction that were lost before these. */
    readonly lostBytes: number;
    readonly base64: string;
  }
  | {
    readonly kind: "end";
    readonly time: string;
    readonly connection: string;
    readonly direction: TapDirection;
    readonly how: "eof" | "reset";
  }
  /** The losses since the tap began, because its reader was too slow. */
  | { readonly kind: "lost"; readonly time: string; readonly items: number; readonly bytes: number }
  /** Nothing passed for five seconds. */
  | { readonly kind: "heartbeat"; readonly time: string };

/** The part of the engine for those who tap connections. */
export interface TapApi {
  /**
   * Copies of what passes, until the signal aborts or the engine ends. If the reader is too slow, copies are dropped.
   *
   * @throws NetgraphError ENOENT for a node that does not exist; EINVAL for one without connections
   */
  tap(query: TapQuery, options?: { signal?: AbortSignal }): AsyncIterable<TapLine>;
}

const CONNECTION = text("Its ID: `[1f]`");
const DIRECTION = word<TapDirection>(["in", "out"]);

const TAP_CONNECTIONS: Operation<TapQuery, TapLine, "lines"> = lines({
  name: "tap",
  method: "GET",
  path: "/v1/tap",
  summary: "Copies of what passes through the connections of a node",
  request: query<TapQuery>({
    path: requiredText("path"),
    connection: optionalText("connection"),
    client: optionalText("client"),
    direction: oneOf("direction", ["both", "in", "out"]),
    newOnly: truth("newOnly"),
    lengths: truth("lengths"),
  }),
  response: named(
    "TapLines",
    kinds({
      ready: {},
      open: {
        connection: CONNECTION,
        transport: word(["stream", "datagram"]),
        peer: text("The address of the other end; empty if it has none"),
        local: text("The own address; empty if it is not known"),
        isNew: flag("True if it begins now"),
      },
      data: {
        connection: CONNECTION,
        direction: DIRECTION,
        length: count("Bytes that have passed"),
        lostBytes: count("Bytes of this connection and direction that were lost before these"),
        base64: text("The bytes; empty with `lengths`"),
      },
      end: { connection: CONNECTION, direction: DIRECTION, how: word(["eof", "reset"]) },
      lost: { items: count("Since the tap began"), bytes: count("Since the tap began") },
      heartbeat: {},
    }, { time: text("ISO 8601") }),
  ),
});

/** Tapping connections. */
export const TAPS = { tap: TAP_CONNECTIONS };
