/**
 * The problem of a running node, and whether a retry can help. A pure function.
 *
 * @module
 */

import { type ErrorCode, isRetryable, isWorldly } from "../../errors.ts";
import type { NodeSnapshot } from "../../graph/data/snapshot.ts";
import type { NodeState } from "../../graph/data/state.ts";
import { commandOf, type TypeTable } from "../diff/facts.ts";

/**
 * - `resend`: a message failed; it and the following ones are sent again
 * - `remake`: the node ended; it is recreated
 * - `finished`: it ended as allowed, and stays ended
 * - `terminal`: a retry cannot help
 */
export type RepairAction =
  | { readonly kind: "resend"; readonly index: number }
  | { readonly kind: "remake" }
  | { readonly kind: "finished" }
  | { readonly kind: "terminal" };

/** Retries do not help against a missing permission. */
const NOT_PERMITTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EACCES", "EPERM", "ENOTCAPABLE"]);

/** The problem of a node; null for a working one. */
export function repairFor(types: TypeTable, desired: NodeState, node: NodeSnapshot): RepairAction | null {
  if (node.phase !== "failed") return null;
  const failed = node.messages.find((record) => record.phase === "failed");
  if (failed !== undefined && failed.error !== null) {
    const command = commandOf(types, node.type, failed.command);
    const { code } = failed.error;
    // The folder of a path may be missing for a while: the path is bound again when it is back.
    const atPath = command?.failureDegrades === true || command?.kind === "lifecycle";
    if (!(atPath ? isWorldly(code) : isRetryable(code))) return { kind: "terminal" };
    const index = desired.messages.findIndex(({ command, argument }) => {
      return command === failed.command && argument === failed.argument;
    });
    return index < 0 ? { kind: "remake" } : { kind: "resend", index };
  }
  if (node.reason === "eof" && desired.restart !== "always") return { kind: "finished" };
  if (desired.restart === "never") return { kind: "terminal" };
  // It has worked, and the system ended it, by whatever error (EINVAL for a listener that was shut down): the result of
  // its messages after recreation shows whether that helps.
  return node.error !== null && NOT_PERMITTED.has(node.error.code) ? { kind: "terminal" } : { kind: "remake" };
}
