/**
 * A problem of a declared ksocket.
 *
 * @module
 */

import type { Finding } from "../../graph/core/node_type.ts";

/** An error at a message; null: at the node. */
export function finding(messageIndex: number | null, code: string, message: string, hint: string): Finding {
  return { severity: "error", code, message, messageIndex, hint };
}
