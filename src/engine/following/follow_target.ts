/**
 * The part of an engine that followers of sources use: they apply topologies, and show in their status what is wrong
 * with the source.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import type { ApplyRequest } from "../../api/operations/apply.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import type { StallCause } from "../../reconcile/status/condition.ts";
import type { AppliedSource, SourceStatus } from "../../reconcile/status/status_types.ts";
import type { Changes } from "../changes.ts";

/** The part of the loop that a follower needs. */
export interface FollowTarget {
  /** Applies topologies. */
  apply(request: ApplyRequest, emit: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]>;
  /** Sets the reason why a topology does not follow its source. */
  stall(name: string, stallCause: StallCause, source: SourceStatus | null): void;
  /** Records that a topology was removed from its source, and continues to run. */
  orphan(name: string): void;
  /** The source of a topology that never ran no longer has it. */
  forget(name: string): void;
  /** Records the content of the source of a suspended topology; true if it differs from the applied state. */
  holdBack(name: string, state: GraphState): boolean;
  /** The desired state of a topology; null if it was never applied. */
  desired(name: string): GraphState | null;
  /** The running generation of this name; 0 if there is none. */
  generation(name: string): number;
  /** True for a suspended topology. */
  isSuspended(name: string): boolean;
  /** The sources of the running topologies, and their variables. */
  sources(): readonly AppliedSource[];
}

/** The part of an engine's reconciler that followers use. */
export function followTarget(
  reconciler: Reconciler,
  engine: Pick<Changes, "apply">,
  changed: () => void,
): FollowTarget {
  return {
    apply: (request, emit) => engine.apply(request, emit, { patient: true, followed: true }),
    stall: (name, stallCause, source) => {
      if (source === null && !reconciler.names.includes(name)) return;
      reconciler.sources.setStallCause(name, stallCause, source);
      changed();
    },
    orphan: (name) => {
      if (!reconciler.names.includes(name)) return;
      reconciler.sources.setOrphaned(name);
      changed();
    },
    forget: (name) => {
      reconciler.sources.forgetUnapplied(name);
      changed();
    },
    holdBack: (name, state) => {
      const held = reconciler.sources.holdBack(name, state);
      changed();
      return held;
    },
    desired: (name) => reconciler.desired.find(({ state }) => state.name === name)?.state ?? null,
    generation: (name) => reconciler.generation(name),
    isSuspended: (name) => reconciler.isSuspended(name),
    sources: () => reconciler.desired.map(({ source }) => source),
  };
}
