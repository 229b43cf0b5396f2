/**
 * The outcome of an apply, by the result of the reconciler.
 *
 * @module
 */

import type { ApplyOutcome } from "../api/apply_event.ts";
import { type ApplyResult, closedBy, type Undoing } from "../reconcile/apply/apply.ts";

/** The result of an apply, before waiting for Ready. */
export function outcomeOf(topology: string, result: ApplyResult): ApplyOutcome {
  const { fromGeneration, toGeneration } = result.plan;
  switch (result.kind) {
    case "unchanged":
      return { ...outcomeFields(topology, Math.max(1, fromGeneration), result), result: "unchanged" };
    case "applied":
      return { ...outcomeFields(topology, toGeneration, result), result: "applied" };
    case "rolled-back":
      return { ...stopped(topology, fromGeneration, result), result: "rolled-back" };
    case "failed":
      return { ...stopped(topology, toGeneration, result), result: "failed" };
    case "rollback-failed": {
      const failed = stopped(topology, fromGeneration, result);
      const message = `${failed.message}; rolling it back failed too: ${result.undoError.message}`;
      return { ...failed, result: "failed", message };
    }
  }
}

function outcomeFields(topology: string, generation: number, result: ApplyResult): Omit<ApplyOutcome, "result"> {
  const closed = closedBy(result);
  return { topology, generation, closed, ready: false, confirmUntil: null, message: null, code: null, at: null };
}

function stopped(
  topology: string,
  generation: number,
  result: ApplyResult & Undoing,
): Omit<ApplyOutcome, "result"> & { readonly message: string } {
  const { step, error } = result;
  const at = step === null || step.node === null ? null : { node: step.node, messageIndex: step.messageIndex };
  const { message, code } = error;
  const closed = closedBy(result);
  return { topology, generation, closed, ready: false, confirmUntil: null, message, code, at };
}
