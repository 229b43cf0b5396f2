/**
 * The events of a change, as the reconciler emits them and as clients of `apply` receive them: plain data.
 *
 * @module
 */

import type { Step } from "../plan/step.ts";

/**
 * - `started`, `done`
 * - `degraded`: rejected by the environment, and retried later
 * - `waiting`: still in progress when the plan ends, or waits for one that is or that is retried later
 * - `failed`
 */
export type StepState = "started" | "done" | "degraded" | "waiting" | "failed";

/** Something happened to a step of the plan. */
export interface StepEvent {
  /** The kind of event. */
  readonly kind: "step";
  /** The topology of the plan. */
  readonly topology: string;
  /** As printed in the plan, counted from 1; 0 for a step that is not printed. */
  readonly number: number;
  /** The node that is addressed: `web/front:`. */
  readonly path: string;
  /** The step as the plan prints it. */
  readonly text: string;
  /** Its phase. */
  readonly state: StepState;
  /** Why it failed or degraded. */
  readonly message: string | null;
}

/** The events of a change, in order. Silent steps are not reported, unless they fail. */
export type ChangeEvent =
  | StepEvent
  /** A step failed; the change is being rolled back. */
  | { readonly kind: "undo"; readonly topology: string }
  /** Something that a user may not expect. */
  | { readonly kind: "noticed"; readonly result: "left"; readonly text: string };

/** The event of a step. */
export function stepEvent(
  { path, text }: Step,
  event: Pick<StepEvent, "topology" | "number" | "state" | "message">,
): StepEvent {
  return { kind: "step", ...event, path, text };
}
