/**
 * The progress of `apply`: events as NDJSON or as text.
 *
 * @module
 */

import { type ApplyEvent, type ApplyOutcome, levelOfApply } from "../../../api/apply_event.ts";
import { isWarning, type SourceEvent } from "../../../api/source_event.ts";
import { formatClosed, formatConnections } from "../../../reconcile/plan/plan_text.ts";
import type { ErrorCode } from "../../../errors.ts";
import { diagnosticOfStep } from "../../../topology/load/failed_step.ts";
import type { TopologyPlaces } from "../../../sources/load.ts";
import { renderDiagnostic } from "../../../topology/parse/render.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { Output } from "../../output.ts";

/** The options of showing events. */
export interface ApplyViewOptions {
  readonly format: "text" | "json";
  /** By topology: the places of its nodes, so that a failure can refer to its line. */
  readonly loaded: ReadonlyMap<string, TopologyPlaces>;
  /** True if `--confirm` requires a confirmation. */
  readonly confirms?: boolean;
}

/** Errors of a missing permission: another address would not help. */
const FORBIDDEN: readonly ErrorCode[] = ["EACCES", "EPERM", "ENOTCAPABLE"];

type OutcomeEvent = Extract<ApplyEvent, { readonly kind: "outcome" }>;

/** Shows one event. */
export function showApplyEvent(event: ApplyEvent, output: Output, options: ApplyViewOptions): void {
  if (options.format === "json") return output.result(JSON.stringify(event));
  switch (event.kind) {
    case "plan":
      if (event.plan.steps.length > 0) output.note(output.fit("stderr", event.text));
      return;
    case "step":
      if (event.state === "degraded") {
        output.warn(`${event.message ?? event.text}; retrying`);
      }
      return;
    case "undo":
      return output.note(`${event.topology}: a step failed; rolling back`, levelOfApply(event));
    case "outcome":
      return showOutcome(event, output, options);
    case "kept": {
      const kept = `${event.topology}: applying its last good generation instead, saved at ${event.keptAt}`;
      return output.warn(kept);
    }
    case "noticed":
      return isWarning(event) ? output.warn(event.text) : output.note(event.text);
    case "pruned":
      output.result(`${event.topology}: removed, because its source no longer has it${formatClosed(event.closed)}`);
      return showAwaiting({ ...event, what: "its removal awaits", keeps: "keeps it removed" }, output);
    case "source":
      return showProblem(event.text, event.reason === "Warnings" ? "warn" : "error", output);
    case "variables": // The client sends them.
    case "error": // It is also thrown, and printed only once.
      return;
  }
}

/** The exit code for the result of a topology. */
export function exitOf({ result, ready }: ApplyOutcome): ExitCode {
  switch (result) {
    case "unchanged":
    case "applied":
      return ready ? EXIT.done : EXIT.notReady;
    case "rolled-back":
      return EXIT.rolledBack;
    case "failed":
      return EXIT.failed;
  }
}

/** The exit code for a problem of its source; null if it is applied anyway. */
export function exitOfProblem({ reason, code }: SourceEvent): ExitCode | null {
  switch (reason) {
    case "Warnings":
      return null;
    case "SourceInvalid":
      return EXIT.invalid;
    case "SourceUnreadable":
      return code !== null && FORBIDDEN.includes(code) ? EXIT.permission : EXIT.unreachable;
    case "SourceRefused":
      return EXIT.failed;
  }
}

function showOutcome(event: OutcomeEvent, output: Output, options: ApplyViewOptions): void {
  const { outcome } = event;
  const { topology, generation, closed, ready, message, confirmUntil } = outcome;
  switch (outcome.result) {
    case "unchanged":
    case "applied": {
      const change = outcome.result === "unchanged" ? "nothing changed, " : "";
      const how = ready ? "is Ready" : `is not Ready: ${message ?? ""}`;
      output.result(`${topology}: ${change}generation ${generation} ${how}`);
      if (options.confirms === true && outcome.result === "unchanged" && confirmUntil === null) {
        return output.note(`${topology}: nothing changed, so there is nothing to confirm`);
      }
      return showAwaiting({ topology, confirmUntil, what: "awaits", keeps: "keeps it" }, output);
    }
    case "rolled-back": {
      showFailure(event, output, options);
      const state = generation === 0
        ? `"${topology}" is not running`
        : `generation ${generation} of "${topology}" keeps running`;
      const changed = closed === 0 ? "Nothing was changed" : `Rolled back, ${formatConnections(closed)} closed`;
      return output.note(`${changed}; ${state}.`);
    }
    case "failed":
      showFailure(event, output, options);
      return output.note(`"${topology}" is partially applied${formatClosed(closed)}.`);
  }
}

interface Awaiting {
  readonly topology: string;
  readonly confirmUntil: string | null;
  readonly what: string;
  readonly keeps: string;
}

/** Prints the deadline of a confirmation, if one is required. */
function showAwaiting({ topology, confirmUntil, what, keeps }: Awaiting, output: Output): void {
  if (confirmUntil === null) return;
  const said = `${topology}: ${what} confirmation, and is rolled back at ${confirmUntil} without it`;
  output.warn(`${said}: "sockgraph confirm ${topology}" ${keeps}`);
}

/** Prints the severity in its colour; the whole text if it has none. */
function showProblem(text: string, level: "warn" | "error", output: Output): void {
  const painted = text.replaceAll(/(?<=^\S.*?:\d+:\d+ )(error|warning)\[[\w-]+\]/gm, (label, word) => {
    return output.paintNote(word === "error" ? "bad" : "warning", label);
  });
  if (/^\S.*? (error|warning)\[/m.test(text)) return output.note(painted, level);
  return level === "warn" ? output.warn(text) : output.error(text);
}

/** Points at the line in the file where that is known. */
function showFailure({ outcome, place }: OutcomeEvent, output: Output, { loaded }: ApplyViewOptions): void {
  const { topology, code, at } = outcome;
  const message = outcome.message ?? "It failed";
  const known = loaded.get(topology);
  const diagnostic = known === undefined ? null : diagnosticOfStep(known, { code, message, at });
  // The place from the engine, which has read the text, takes precedence.
  if (place !== undefined) return showProblem(place.text, "error", output);
  if (diagnostic === null) return output.error(`${topology}: ${message}`);
  const style = {
    error: (text: string) => output.paintNote("bad", text),
    warning: (text: string) => output.paintNote("warning", text),
    caret: (text: string) => output.paintNote("strong", text),
    gutter: (text: string) => output.paintNote("faint", text),
  };
  output.note(renderDiagnostic(diagnostic, { width: output.noteColumns, style }), "error");
}
