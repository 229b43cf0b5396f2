/**
 * The events of `apply` and similar operations, and their outcome.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { EventLevel } from "../graph/data/event.ts";
import type { ChangeEvent } from "../reconcile/apply/change_event.ts";
import type { PlanJson } from "../reconcile/plan/plan_text.ts";
import type { ErrorBody } from "./error_body.ts";
import { PLAN } from "./plan_shape.ts";
import {
  anyObject,
  count,
  flag,
  kinds,
  list,
  type Loose,
  looseRecord,
  type LooseShapes,
  named,
  numberOrNull,
  optional,
  orNull,
  type Shape,
  text,
  textOrNull,
  word,
} from "./shape.ts";
import { type FailurePlace, isWarning, type NoticeEvent, type SourceEvent } from "./source_event.ts";
import { FAILURE } from "./status_shape.ts";

/** The events of `apply`. */
export type ApplyEvent =
  | { readonly kind: "plan"; readonly plan: PlanJson; readonly text: string }
  | ChangeEvent
  /** The result; for a source that the engine read, with the place of a failure. */
  | { readonly kind: "outcome"; readonly outcome: ApplyOutcome; readonly place?: FailurePlace }
  | SourceEvent
  | NoticeEvent
  | PrunedEvent
  /** The source cannot be used, and what was kept of this topology runs in its place. */
  | { readonly kind: "kept"; readonly topology: string; readonly keptAt: string }
  /** The source names these variables, which the client has not sent: nothing was done, and it sends them now. */
  | { readonly kind: "variables"; readonly names: readonly string[] }
  /** The engine itself failed; nothing follows. */
  | { readonly kind: "error"; readonly error: ErrorBody };

/** A topology was removed, because its source no longer has it. */
export interface PrunedEvent {
  /** The kind of event. */
  readonly kind: "pruned";
  /** The topology. */
  readonly topology: string;
  /** The number of closed connections. */
  readonly closed: number;
  /** ISO 8601: when it runs again unless its removal is confirmed; null when that need not be. */
  readonly confirmUntil: string | null;
}

/**
 * - `unchanged`: it ran just so
 * - `applied`: all steps were executed and verified
 * - `rolled-back`: a step failed or did not verify, and the change was rolled back
 * - `failed`: a step failed without a rollback, or the rollback failed too
 */
export type ApplyResult = "unchanged" | "applied" | "rolled-back" | "failed";

/** The result of `apply` for one topology. */
export interface ApplyOutcome {
  /** The topology. */
  readonly topology: string;
  /** The kind of result. */
  readonly result: ApplyResult;
  /** The generation that runs now; 0 when nothing does. */
  readonly generation: number;
  /** The number of connections that the change closed, including its rollback. */
  readonly closed: number;
  /** True when it became Ready in time. */
  readonly ready: boolean;
  /** ISO 8601: when the change is rolled back unless it is confirmed; null if it needs no confirmation. */
  readonly confirmUntil: string | null;
  /** Why not, for people; null when all is well. */
  readonly message: string | null;
  /** The failure that stopped it; null if none did. */
  readonly code: ErrorCode | null;
  /** The node and message that the failure is about, by their place in the desired state. */
  readonly at: { readonly node: string; readonly messageIndex: number | null } | null;
}

/** The level of an event. */
export function levelOfApply(event: ApplyEvent): EventLevel {
  switch (event.kind) {
    case "plan":
    case "pruned":
    case "variables":
      return "info";
    case "step":
      return event.state === "degraded" ? "warn" : "info";
    case "undo":
    case "kept":
      return "warn";
    case "source":
      return event.reason === "Warnings" ? "warn" : "error";
    case "noticed":
      return isWarning(event) ? "warn" : "info";
    case "outcome": {
      const { result, ready } = event.outcome;
      if (result === "failed" || result === "rolled-back") return "error";
      return ready ? "info" : "warn";
    }
    case "error":
      return "error";
  }
}

/** The topology that an event is about; null: a source, or the engine. */
export function topologyOf(event: ApplyEvent): string | null {
  if (event.kind === "outcome") return event.outcome.topology;
  return "topology" in event ? event.topology : null;
}

const ABOUT = { topology: text("By name") };

const OUTCOME = named(
  "Outcome",
  looseRecord({
    ...ABOUT,
    result: word(["unchanged", "applied", "rolled-back", "failed"]),
    generation: count("What runs now; 0: nothing"),
    closed: count("Connections that the change closed, with what was rolled back"),
    ready: flag("It became Ready in time"),
    confirmUntil: textOrNull("When it is rolled back unless it is confirmed"),
    message: textOrNull("Why not"),
    code: textOrNull("Which failure stopped it"),
    at: orNull(looseRecord({ node: text("By name"), messageIndex: { ...numberOrNull() } })),
  }),
);

const STEPS: Readonly<Record<string, LooseShapes>> = {
  plan: { plan: PLAN, text: text("For people") },
  step: {
    ...ABOUT,
    number: count("As printed in the plan; 0 for a step that is not"),
    path: text("The node that is addressed"),
    text: text("As the plan prints it"),
    state: word(["started", "done", "degraded", "waiting", "failed"]),
    message: textOrNull("Why it failed or degraded"),
  },
  undo: ABOUT,
  outcome: {
    outcome: OUTCOME,
    place: optional(looseRecord({
      diagnostic: anyObject("As `validate -o json` has it"),
      text: text("For people: the line that failed, with a caret"),
    })),
  },
  source: {
    reason: text("What kind of problem"),
    text: text("For people"),
    code: textOrNull("Which failure it was"),
    diagnostics: list(anyObject(), "As `validate -o json` has them"),
  },
  noticed: {
    result: word(["applying", "nothing", "left", "held-back", "suspended", "unread"]),
    text: text("For people: what has changed"),
  },
  pruned: {
    ...ABOUT,
    closed: count("Connections that were closed with it"),
    confirmUntil: textOrNull("ISO 8601: when it runs again unless its removal is confirmed"),
  },
  variables: { names: list(text("By name"), "Variables to send with the request") },
  kept: { ...ABOUT, keptAt: text("ISO 8601") },
  error: { error: FAILURE },
};

/** An {@linkcode ApplyEvent}. */
export const APPLY_EVENT: Shape<Loose> = named("ChangeEvent", kinds(STEPS));
