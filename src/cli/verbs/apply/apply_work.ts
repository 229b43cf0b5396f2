/**
 * Applies the content of sources once in a foreground engine, and again on SIGHUP.
 *
 * @module
 */

import type { ApplyOutcome } from "../../../api/apply_event.ts";
import type { ApplyRequest } from "../../../api/operations/apply.ts";
import type { GraphState } from "../../../graph/data/state.ts";
import type { OwnershipCheck, OwnershipPolicy } from "../../../sources/ownership.ts";
import { type ApplyViewOptions, exitOf, showApplyEvent } from "./apply_view.ts";
import {
  type Problem,
  problemOfApply,
  problemOfReading,
  problemsOfText,
  stallCauseOf,
} from "../../../engine/following/source_problem.ts";
import { NetgraphError } from "../../../errors.ts";
import { possibleOrigins } from "../../../sources/origin.ts";
import { SourceError } from "../../../sources/source_error.ts";
import { CommandFailure } from "../../command.ts";
import { namedSources } from "../../sources.ts";
import { worstExit } from "../../exit_code.ts";
import type { Foreground, ForegroundWork } from "./foreground.ts";
import type { ApplyInvocation } from "../apply.ts";
import { printProblems } from "../../problems.ts";
import { describeUnchanged } from "./unchanged.ts";
import { loadDesired } from "./load_desired.ts";
import type { ToApply } from "./to_apply.ts";

/** The work of `apply`: the engine stays if any topology runs, even if another one failed. */
export function applyWork(desired: ToApply, foreground: Foreground): ForegroundWork {
  let runs = false;
  return {
    begin: async () => {
      const outcomes = await applyOnce(desired, foreground);
      runs = outcomes.some(({ generation }) => generation > 0);
      return worstExit(outcomes.map(exitOf));
    },
    again: () => applyAgain(foreground),
    stays: () => runs,
  };
}

async function applyOnce(
  desired: ToApply,
  { engine, output, invocation, stop }: Foreground,
): Promise<readonly ApplyOutcome[]> {
  if (desired.topologies.some(({ state }) => hasStdio(state))) output.leaveStdout();
  const options = viewOf(desired, invocation);
  const request = requestOf(desired, invocation);
  return await engine.apply(request, (event) => showApplyEvent(event, output, options), { signal: stop.signal });
}

/** True when a node of it has standard output: results must not be mixed in. */
function hasStdio({ nodes }: GraphState): boolean {
  return nodes.some(({ type }) => type === "stdio");
}

/** Reads the sources again. If they have problems, running topologies continue. */
export async function applyAgain(foreground: Foreground): Promise<void> {
  const { engine, output, invocation, runtime, stop } = foreground;
  let loaded: ToApply | null = null;
  try {
    if (invocation.sources.includes("-")) {
      return output.note("Standard input can be read only once; nothing was changed");
    }
    const desired = loaded = await loadDesired(invocation.sources, {
      runtime,
      set: invocation.set,
      values: invocation.values,
      socketRuntime: invocation.runtime,
      allowEmpty: invocation.allowEmpty,
      serves: true,
      applied: engine.sources,
      signal: stop.signal,
    });
    printProblems(output, desired.diagnostics, desired.valid ? "" : describeUnchanged(await engine.status(), desired));
    const { origins } = desired;
    if (!desired.valid) {
      const problem = problemsOfText(desired);
      return problem === null ? undefined : engine.recordReread(origins, stallCauseOf(problem));
    }
    await applyOnce(desired, foreground);
    engine.recordReread(origins, desired.topologies.map(({ state }) => state.name));
  } catch (error) {
    if (stop.signal.aborted) return;
    const problem = problemOf(error, loaded);
    if (problem !== null) {
      const origins = loaded?.origins ??
        possibleOrigins(await namedSources(invocation.sources, runtime, { missing: "pass" }));
      engine.recordReread(origins, stallCauseOf(problem));
    }
    const known = error instanceof CommandFailure ? "" : " (nothing was changed)";
    output.error(`${error instanceof Error ? error.message : String(error)}${known}`);
  }
}

/** The problem of sources, from the result of applying them; null if the result does not concern them. */
function problemOf(error: unknown, loaded: ToApply | null): Problem | null {
  if (error instanceof NetgraphError) {
    if (loaded === null) return problemOfReading(error);
    // The graph is restarting, or another change is in progress: that is not a problem of the source.
    return error.code === "EBUSY" ? null : problemOfApply(error);
  }
  if (!(error instanceof CommandFailure)) return null;
  // An unknown name fails with advice for the user.
  const { cause } = error;
  return problemOfReading(cause instanceof SourceError ? cause : new SourceError("usage", error.message));
}

/** The request to the engine. */
export function requestOf(desired: ToApply, invocation: ApplyInvocation): ApplyRequest {
  const { replace, rollback, waitMs, confirmMs, selfHeal } = invocation;
  const guard = guardOf(desired, invocation);
  const removals = desired.removals === undefined ? {} : { remove: desired.removals };
  const request = { topologies: desired.topologies, ...removals, replace, rollback, waitMs, selfHeal, guard };
  return confirmMs === null ? request : { ...request, confirmMs };
}

/** The options of showing its events. */
export function viewOf({ loaded }: ToApply, { format, confirmMs }: ApplyInvocation): ApplyViewOptions {
  return { format, loaded, confirms: confirmMs !== null };
}

/** The allowed effects of the sources on running topologies. */
export function guardOf({ origins }: ToApply, { prune, takeOver, allowEmpty }: OwnershipPolicy): OwnershipCheck {
  return { origins, prune, takeOver, allowEmpty };
}
