/**
 * A plan in a file: made at one time, reviewed, applied at another. It contains everything that applying needs, so that
 * neither the sources nor the environment are read again, and its precondition, so that it is applied only to the state
 * for which it was made. `plan_shape.ts` describes it for programs.
 *
 * @module
 */

import type { PlanPrecondition } from "../reconcile/plan/plan_precondition.ts";
import type { PlanJson } from "../reconcile/plan/plan_text.ts";
import { digestOfJson, isSealed } from "./digest.ts";
import { decodeText, Fields, MalformedError } from "./fields.ts";
import type { PlannedRemoval, RequestedTopology } from "./operations/apply.ts";
import { PLANNED, REMOVED } from "./plan_shape.ts";

/** Identifies a saved plan. */
export const SAVED_PLAN_KIND = "sockgraph-plan";

/** A plan in a file. */
export interface SavedPlan {
  /** Distinguishes it from a topology. */
  readonly kind: typeof SAVED_PLAN_KIND;
  /** The version of this shape. */
  readonly formatVersion: 1;
  /** The version of sockgraph that made it. */
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The socket runtime that it was made for: another one may lack what the plan needs. */
  readonly runtime: string;
  /** Nodes to recreate: `web/front` or `front`. */
  readonly replace: readonly string[];
  /** True to take over topologies of other sources, as requested when it was made. */
  readonly takeOver: boolean;
  /** The desired state. */
  readonly topologies: readonly PlannedTopology[];
  /** The topologies that are removed because their source no longer has them. */
  readonly removals: readonly (PlannedRemoval & {
    /** The steps, as text. */
    readonly plan: PlanJson;
  })[];
  /** `sha256:` and the digest of the rest: an edited or truncated plan is not the one that was reviewed. */
  readonly digest: string;
}

/** One topology of a saved plan. */
export interface PlannedTopology extends RequestedTopology {
  /** Its precondition. */
  readonly base: PlanPrecondition;
  /** The plan as text. `apply` plans again, with the same result. */
  readonly plan: PlanJson;
}

/** The parts of a saved plan that applying needs. */
export type ReadPlan = Pick<SavedPlan, "version" | "runtime" | "replace" | "takeOver"> & {
  /** The removed topologies. */
  readonly removals: readonly PlannedRemoval[];
  /** The desired state. */
  readonly topologies: readonly (RequestedTopology & { readonly base: PlanPrecondition })[];
};

/** The beginning of a saved plan, as written. */
const BEGINNING = new RegExp(`^\\s*\\{\\s*"kind"\\s*:\\s*"${SAVED_PLAN_KIND}"`);

/** The length of the text that is searched for it. */
const BEGINNING_UNITS = 4_096;

/** The result of looking for a saved plan in a text: its JSON, or a truncated plan. */
export type PlanText = { readonly kind: "plan"; readonly value: unknown } | { readonly kind: "damaged" };

/** Looks for a saved plan in a text; null for any other text, such as a topology in YAML's flow style. */
export function parseSavedPlan(text: string): PlanText | null {
  // The kind is at the beginning, where this program writes it: other JSON is not parsed at all.
  const beginning = text.slice(0, BEGINNING_UNITS).trimStart();
  if (!beginning.startsWith("{") || !beginning.includes(SAVED_PLAN_KIND)) return null;
  try {
    const value: unknown = JSON.parse(text);
    const isPlan = typeof value === "object" && value !== null && "kind" in value && value.kind === SAVED_PLAN_KIND;
    return isPlan ? { kind: "plan", value } : null;
  } catch {
    return BEGINNING.test(text) ? { kind: "damaged" } : null;
  }
}

/**
 * Adds the digest of the whole plan. It detects accidents and edits, but not forgery: a program that can write the file
 * can also compute it.
 */
export async function sealPlan(plan: Omit<SavedPlan, "digest">): Promise<SavedPlan> {
  return { ...plan, digest: await digestOfJson(plan) };
}

/**
 * Reads a saved plan.
 *
 * @throws MalformedError also for one that is not as it was saved, or that another version of the program made
 */
export async function decodeSavedPlan(value: unknown, { program }: { readonly program: string }): Promise<ReadPlan> {
  const known = [
    "kind",
    "formatVersion",
    "version",
    "createdAt",
    "runtime",
    "replace",
    "takeOver",
    "topologies",
    "removals",
    "digest",
  ];
  const fields = new Fields(value, "", known);
  const version = fields.count("formatVersion", 0);
  if (version !== 1) throw new MalformedError(`Unknown format version ${version}; run plan again`);
  const made = fields.text("version");
  if (made !== program) {
    throw new MalformedError(`It was made by sockgraph ${made}, and this is ${program}; run plan again`);
  }
  fields.text("digest");
  if (!(await isSealed(value))) {
    throw new MalformedError("It was changed after it was saved; run plan again");
  }
  return {
    version: made,
    runtime: fields.text("runtime"),
    replace: fields.list("replace", decodeText),
    takeOver: fields.flag("takeOver", false),
    topologies: fields.list("topologies", (one, at) => withoutPlan(PLANNED.decode(one, at))),
    removals: fields.list("removals", (one, at) => withoutPlan(REMOVED.decode(one, at))),
  };
}

/** A saved plan is computed again when it is applied. */
function withoutPlan<T extends { readonly plan: unknown }>({ plan: _plan, ...rest }: T): Omit<T, "plan"> {
  return rest;
}
