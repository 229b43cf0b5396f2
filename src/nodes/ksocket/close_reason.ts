/**
 * From errno to the one word for why something was closed.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { CloseReason } from "../../graph/close_reason.ts";

/** Why a connection ended that `error` ended. */
export function reasonOf(error: NetgraphError): CloseReason {
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
    default:
      return "error";
  }
}
