/**
 * Maps errno to close reasons.
 *
 * @module
 */

import type { CloseReason } from "../../graph/data/close_reason.ts";

/** The close reason of a connection that ended with `error`, or of a datagram that was not sent. */
export function reasonOf(error: { readonly code: string }): CloseReason {
  switch (error.code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return "refused";
    case "ECONNRESET":
    case "ECONNABORTED":
    case "EPIPE":
      return "reset";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EHOSTDOWN":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
      return "unreachable";
    case "ENOTFOUND":
      return "resolve";
    case "ETIMEDOUT":
      return "connect_timeout";
    case "EMSGSIZE":
      return "too_big";
    case "ENOBUFS":
      return "queue_full";
    case "ETLS":
      return "tls";
    default:
      return "error";
  }
}
