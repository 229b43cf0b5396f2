/**
 * The reasons why connections were closed and items dropped.
 *
 * @module
 */

/** The reason why a connection was closed or an item dropped: the same in log, metric and status. */
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
  | "rate"
  | "proxy_protocol"
  | "no_route"
  | "evicted"
  | "queue_full"
  | "receive_buffer"
  | "no_destination"
  | "too_big"
  | "loop"
  | "drain"
  | "shutdown"
  | "error";
