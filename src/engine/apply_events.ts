/**
 * The reconciler's events of an apply, in the form of the control API.
 *
 * @module
 */

import type { ApplyEvent as WireEvent, ApplyOutcome, StepEvent, StepState } from "../api/apply_event.ts";
import { type ApplyEvent, type ApplyResult, closedBy, type Undoing } from "../reconcile/apply/apply.ts";
import type { Step } from "../reconcile/plan/step.ts";

/** An event for clients that follow an apply; null for an internal one. */
export function wireEvent(topology: string, event: ApplyEvent): WireEvent | null {
  switch (event.kind) {
    case "planned": // Sent in pieces: it may be long.
      return null;
    case "undo-started":
      return { kind: "undo", topology };
    case "undo-done":
      return null;
    case "drain-stopped": {
      const text = `"${topology}" was drained: it accepts connections again, and the open ones stay open`;
      return { kind: "noticed", result: "left", text };
    }
    case "step-started":
      return stepEvent(topology, event, "started", null);
    case "step-done":
      return stepEvent(topology, event, "done", null);
    case "step-waits":
      return stepEvent(topology, event, "waiting", null);
    case "step-degraded":
      return stepEvent(topology, event, "degraded", event.error.message);
    case "step-failed":
      return stepEvent(topology, event, "failed", event.error.message);
  }
}

function stepEvent(
  topology: string,
  { step, number }: { step: Step; number: number },
  state: StepState,
  message: string | null,
): StepEvent {
  return { kind: "step", topology, number, path: step.path, text: step.text, state, message };
}

/** The result of an apply, before waiting for Ready. */
export function outcomeOf(topology: string, result: ApplyResult): ApplyOutcome {
  const { fromGeneration, toGeneration } = result.plan;
  switch (result.kind) {
    case "unchanged":
      return { ...going(topology, Math.max(1, fromGeneration), result), result: "unchanged" };
    case "applied":
      return { ...going(topology, toGeneration, result), result: "applied" };
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

function going(topology: string, generation: number, result: ApplyResult): Omit<ApplyOutcome, "result"> {
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
