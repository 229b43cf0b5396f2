/**
 * Planning and applying desired states: requests, answers and operations.
 *
 * @module
 */

import type { GraphState } from "../../graph/data/state.ts";
import type { PlanPrecondition } from "../../reconcile/plan/plan_precondition.ts";
import type { PlanJson } from "../../reconcile/plan/plan_text.ts";
import type { AppliedSource } from "../../reconcile/status/status_types.ts";
import type { OwnershipCheck, OwnershipPolicy } from "../../sources/ownership.ts";
import { APPLY_EVENT, type ApplyEvent } from "../apply_event.ts";
import { body, lines, type Operation, value } from "../operation.ts";
import { PLAN } from "../plan_shape.ts";
import {
  count,
  flag,
  list,
  looseRecord,
  named,
  optional,
  otherwise,
  record,
  type Shape,
  text,
  written,
} from "../shape.ts";
import { BASE, SOURCE, STATE } from "../state_shape.ts";

/** A desired topology. */
export interface RequestedTopology {
  /** The desired state. */
  readonly state: GraphState;
  /** The source of the state. */
  readonly source: AppliedSource;
  /** The precondition of its saved plan. Absent: any running state. */
  readonly base?: PlanPrecondition;
}

/** The request of a plan. */
export interface PlanRequest {
  /** The desired topologies; those of one source are planned as one change. */
  readonly topologies: readonly RequestedTopology[];
  /** Nodes to recreate: `web/front` or `front`. */
  readonly replace: readonly string[];
  /** Topologies that would be removed, because they are no longer in their source: their plans are last. */
  readonly remove?: readonly string[];
  /** Locations that the sources cover: the topologies of one source change together. */
  readonly origins?: readonly string[];
  /** True to get the preconditions of the plans too, so that the plans can be saved. */
  readonly pinned?: boolean;
  /** True for an apply with `--confirm`: another change that awaits its confirmation does not keep that out. */
  readonly confirms?: boolean;
}

/** A plan for programs and for people. */
export interface PlanResult {
  /** For programs. */
  readonly plan: PlanJson;
  /** For people. */
  readonly text: string;
  /** The precondition; present if it was requested. */
  readonly base?: PlanPrecondition;
  /** Why applying it would fail, one sentence each; absent if no conflict is known. */
  readonly conflicts?: readonly string[];
}

/** A topology that a saved plan removes. */
export interface PlannedRemoval {
  /** The topology. */
  readonly topology: string;
  /** The required state. */
  readonly base: PlanPrecondition;
}

/** What to apply: all of it, or nothing if a precondition of one of the plans does not hold. */
export interface ApplyRequest extends Omit<PlanRequest, "pinned" | "remove" | "origins" | "confirms"> {
  /** The topologies that a saved plan removes, beside those that `guard` permits. */
  readonly remove?: readonly PlannedRemoval[];
  /** Roll back a topology whose step fails. */
  readonly rollback: boolean;
  /** The time limit for Ready. */
  readonly waitMs: number;
  /** The time limit of the confirmation, after which the change is rolled back. Absent: it needs none. */
  readonly confirmMs?: number;
  /** True to revert manual changes automatically from now on. */
  readonly selfHeal?: boolean;
  /** The allowed effects of a source on running topologies. Absent: everything in the request. */
  readonly guard?: OwnershipCheck;
}

const DESIRED: Shape<RequestedTopology> = record<RequestedTopology>({
  state: named("State", STATE),
  source: named("AppliedSource", SOURCE),
  base: optional(BASE),
});

/** Nodes to recreate. */
export const REPLACE: Shape<readonly string[]> = otherwise(
  list(text("`web/front` or `front`"), "Nodes to recreate"),
  [],
);

/** The time limit for Ready. */
export const WAIT_MS: Shape<number> = otherwise(count("How long to wait for Ready"), 0);

/** The allowed effects of a source on running topologies. */
export const OWNERSHIP: { readonly [K in keyof OwnershipPolicy]: Shape<boolean> } = {
  prune: otherwise(flag("Remove topologies that the same sources no longer have"), false),
  takeOver: otherwise(flag("Take over topologies that run from another source"), false),
  allowEmpty: otherwise(flag("Allow a source that has become empty to remove its topologies"), false),
};

const ORIGIN = text("A location; one that ends in `/` covers what lies directly in it");

const PLAN_REQUEST: Shape<PlanRequest> = named(
  "PlanRequest",
  record<PlanRequest>({
    topologies: written(list(DESIRED), []),
    replace: REPLACE,
    remove: optional(list(text("By name"), "Topologies that would be removed")),
    origins: optional(list(ORIGIN, "What the sources cover")),
    pinned: optional(flag("Also return the state that the plans are made for")),
    confirms: optional(
      flag("The apply would have to be confirmed, so that an earlier one that awaits this is not in its way"),
    ),
  }),
);

const PLAN_ANSWER = named(
  "PlanAnswer",
  looseRecord({
    plans: list(looseRecord({
      plan: PLAN,
      text: text("For people"),
      base: optional(BASE),
      conflicts: optional(list(text("A sentence"), "Why applying it would fail")),
    })),
  }),
);

/** The request of `apply`. */
export const APPLY_REQUEST: Shape<ApplyRequest> = named(
  "ApplyRequest",
  record<ApplyRequest>({
    topologies: written(list(DESIRED), []),
    replace: REPLACE,
    rollback: otherwise(flag("Roll back a topology whose step fails; true unless it is given"), true),
    waitMs: WAIT_MS,
    confirmMs: optional(count("Roll back unless confirmed within this time")),
    selfHeal: optional(flag("Revert manual changes automatically")),
    guard: optional(
      record<Omit<OwnershipCheck, "follows">>({
        ...OWNERSHIP,
        origins: otherwise(list(ORIGIN), []),
      }, "What the sources may do to what runs"),
    ),
    remove: optional(
      list(record<PlannedRemoval>({ topology: text("By name"), base: BASE }), "What a saved plan removes"),
    ),
  }),
);

const PLAN_ROW: Operation<PlanRequest, { readonly plans: readonly PlanResult[] }, "value"> = value({
  name: "plan",
  method: "POST",
  path: "/v1/plan",
  summary: "The plan that apply would carry out",
  request: body(PLAN_REQUEST),
  response: PLAN_ANSWER,
});

const APPLY_ROW: Operation<ApplyRequest, ApplyEvent, "lines"> = lines({
  name: "apply",
  method: "POST",
  path: "/v1/apply",
  summary: "Makes it so",
  request: body(APPLY_REQUEST),
  response: APPLY_EVENT,
});

/** Planning and applying. */
export const APPLY = { plan: PLAN_ROW, apply: APPLY_ROW };
