/**
 * Events and the status of a followed source contain the line of a failed step: their receiver may not have the text.
 *
 * @module
 */

import type { FailurePlace } from "../../api/source_event.ts";
import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import { diagnosticData } from "../../topology/parse/diagnostic.ts";
import { diagnosticOfStep } from "../../topology/load/failed_step.ts";
import type { TopologyPlaces } from "../../sources/load.ts";
import { renderDiagnostic } from "../../topology/parse/render.ts";
import { formatClosed } from "../../reconcile/plan/plan_text.ts";
import type { StallCause } from "../../reconcile/status/condition.ts";
import { sentenceOf } from "./source_problem.ts";

/** Passes on events, adding the place to failures. */
export function withFailurePlaces(
  emit: (event: ApplyEvent) => void,
  loaded: ReadonlyMap<string, TopologyPlaces>,
): (event: ApplyEvent) => void {
  return (event) => {
    const place = event.kind === "outcome" ? failurePlace(event.outcome, loaded) : null;
    emit(event.kind !== "outcome" || place === null ? event : { ...event, place });
  };
}

/** The place of a failed step; null if none failed, or if it is unknown. */
export function failurePlace(
  { topology, result, code, message, at }: ApplyOutcome,
  loaded: ReadonlyMap<string, TopologyPlaces>,
): FailurePlace | null {
  const known = loaded.get(topology);
  if (known === undefined || (result !== "rolled-back" && result !== "failed")) return null;
  const diagnostic = diagnosticOfStep(known, { code, message: message ?? "It failed", at });
  if (diagnostic === null) return null;
  return { diagnostic: diagnosticData(diagnostic), text: renderDiagnostic(diagnostic) };
}

/** Status of a topology whose change from a followed source failed and was rolled back. */
export function rollbackCause(outcome: ApplyOutcome, loaded: ReadonlyMap<string, TopologyPlaces>): StallCause {
  const place = failurePlace(outcome, loaded);
  const why = place === null ? outcome.message ?? "It failed" : sentenceOf(place.diagnostic);
  return { reason: "RolledBack", message: `${why}${formatClosed(outcome.closed)}`, behind: true };
}
