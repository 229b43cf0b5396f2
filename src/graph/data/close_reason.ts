/**
 * Why connections were closed and items dropped.
 *
 * @module
 */

/** Why something was closed or dropped: one vocabulary in log, metric and status. */
export type CloseReason =
  | "eof"
  | "reset"
  | "refused"
  | "unreachable"
  | "resolve"
  | "connect_timeout"
  | "idle_timeout"
  | "half_close_timeout"
  | "tls"
  | "framing"
  | "denied"
  | "limit"
  | "evicted"
  | "queue_full"
  | "receive_buffer"
  | "no_destination"
  | "too_big"
  | "loop"
  | "drain"
  | "shutdown"
  | "error";
