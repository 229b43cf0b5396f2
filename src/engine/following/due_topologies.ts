/**
 * Which topologies of a source are applied after it was read. The topologies of a source change together, except for
 * those that are suspended, and those that a client has changed against the source.
 *
 * @module
 */

import type { RequestedTopology } from "../../api/operations/apply.ts";
import type { Asking } from "./read_requests.ts";
import type { Failures } from "./failures.ts";
import type { FollowTarget } from "./follow_target.ts";

/** Why a source was read. */
export interface ReadCause extends Pick<Asking, "reapply"> {
  /** The topologies that are applied from an unchanged source; all if absent or null. */
  readonly only?: readonly string[] | null;
  /** True for a request: an unchanged failed source is retried. */
  readonly asked: boolean;
  /** True for an apply of named topologies, suspended or not. */
  readonly explicit?: boolean;
}

/** The facts about the source. */
export interface SourceFacts {
  readonly cause: ReadCause;
  /** True if it is applied although nothing of it was requested: it has changed, or can be used again. */
  readonly isNew: boolean;
  readonly failures: Failures;
  readonly target: Pick<FollowTarget, "desired" | "isSuspended">;
}

/** The topologies of a source, sorted. */
export interface DueTopologies {
  /** Those that are applied now. */
  readonly due: readonly RequestedTopology[];
  /** Suspended ones: they wait until they are resumed. */
  readonly waiting: readonly RequestedTopology[];
  /** Those that a client has changed against the source. */
  readonly departed: readonly RequestedTopology[];
}

/** Selects the topologies that are applied. */
export function selectDue(topologies: readonly RequestedTopology[], facts: SourceFacts): DueTopologies {
  const { cause, isNew, failures, target } = facts;
  const departed = topologies.filter(({ state }) => {
    if (cause.reapply === null || cause.reapply.includes(state.name)) return false;
    return failures.departureOf(state, target.desired(state.name)) !== null;
  });
  const waiting = cause.explicit === true
    ? []
    : topologies.filter((one) => target.isSuspended(one.state.name) && !departed.includes(one));
  const hasFailed = failures.holds(topologies);
  if (hasFailed && !cause.asked) return { due: [], waiting, departed };
  const applied = isNew || hasFailed
    ? topologies
    : topologies.filter(({ state }) => cause.only?.includes(state.name) ?? true);
  return { due: applied.filter((one) => !waiting.includes(one) && !departed.includes(one)), waiting, departed };
}
