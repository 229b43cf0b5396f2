/**
 * What is wrong with a node that runs, and whether trying again can help. Pure.
 *
 * @module
 */

import { type ErrorCode, isRetryable, isWorldly } from "../../errors.ts";
import type { NodeSnapshot } from "../../graph/data/snapshot.ts";
import type { NodeState } from "../../graph/data/state.ts";
import { commandOf, type TypeTable } from "../diff/facts.ts";

/**
 * - `resend`: a message failed; it and those behind it are sent again
 * - `remake`: the node ended; it is made anew
 * - `finished`: it ended as it may, and stays so
 * - `terminal`: trying again cannot help
 */
export type RepairAction =
  | { readonly kind: "resend"; readonly index: number }
  | { readonly kind: "remake" }
  | { readonly kind: "finished" }
  | { readonly kind: "terminal" };

/** What the system does not permit it permits no sooner for being asked again. */
const NOT_PERMITTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EACCES", "EPERM", "ENOTCAPABLE"]);

/** What is wrong with a node; null for one that is well. */
export function repairFor(types: TypeTable, desired: NodeState, node: NodeSnapshot): RepairAction | null {
  if (node.phase !== "failed") return null;
  const failed = node.messages.find((record) => record.phase === "failed");
  if (failed !== undefined && failed.error !== null) {
    const command = commandOf(types, node.type, failed.command);
    const { code } = failed.error;
    // The folder of a path may be gone for a while: what ran before is bound again when it is back.
    const atPath = command?.failureDegrades === true || command?.kind === "lifecycle";
    if (!(atPath ? isWorldly(code) : isRetryable(code))) return { kind: "terminal" };
    const index = desired.messages.findIndex(({ command, argument }) => {
      return command === failed.command && argument === failed.argument;
    });
    return index < 0 ? { kind: "remake" } : { kind: "resend", index };
  }
  if (node.reason === "eof" && desired.restart !== "always") return { kind: "finished" };
  if (desired.restart === "never") return { kind: "terminal" };
  // It has worked, and the system ended it, by whatever error (EINVAL for a listener that was shut down): what its
  // messages meet when it is made again says whether that helps.
  return node.error !== null && NOT_PERMITTED.has(node.error.code) ? { kind: "terminal" } : { kind: "remake" };
}
