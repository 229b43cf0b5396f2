/**
 * A plan in a file: made at one time, read by people, applied at another. It holds all that applying needs, so that
 * neither the sources nor the environment are asked again, and what it was made against, so that it is applied to that
 * or not at all. `plan_schema.ts` describes it for programs.
 *
 * @module
 */

import type { PlanBase } from "../reconcile/plan_base.ts";
import type { PlanJson } from "../reconcile/plan_text.ts";
import { decodeText, Fields, MalformedError } from "./fields.ts";
import { decodeWanted, type WantedTopology } from "./protocol.ts";

/** What tells a saved plan from everything else. */
export const SAVED_PLAN_KIND = "sockgraph-plan";

/** A plan in a file. */
export interface SavedPlan {
  /** Tells it from a topology. */
  readonly kind: typeof SAVED_PLAN_KIND;
  /** The version of this shape. */
  readonly formatVersion: 1;
  /** The version of sockgraph that made it. */
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The socket runtime that it was made for: another may not be able to do what is wanted. */
  readonly runtime: string;
  /** Nodes to make anew: `web/front` or `front`. */
  readonly replace: readonly string[];
  /** What is wanted. */
  readonly topologies: readonly PlannedTopology[];
}

/** One topology of a saved plan. */
export interface PlannedTopology extends WantedTopology {
  /** What it was made against. */
  readonly base: PlanBase;
  /** What would be done, for people: applying plans anew, and comes to the same. */
  readonly plan: PlanJson;
}

/** What of a saved plan is needed to apply it. */
export type ReadPlan = Pick<SavedPlan, "version" | "runtime" | "replace"> & {
  /** What is wanted. */
  readonly topologies: readonly (WantedTopology & { readonly base: PlanBase })[];
};

/**
 * The JSON of a saved plan; null for a text that is none.
 *
 * A saved plan that was damaged is told from a topology only as long as it is JSON.
 */
export function parseSavedPlan(text: string): unknown {
  if (!text.trimStart().startsWith("{") || !text.includes(SAVED_PLAN_KIND)) return null;
  try {
    const value: unknown = JSON.parse(text);
    const isPlan = typeof value === "object" && value !== null && "kind" in value && value.kind === SAVED_PLAN_KIND;
    return isPlan ? value : null;
  } catch {
    return null; // No JSON: a topology in YAML's flow style, perhaps.
  }
}

/**
 * Reads a saved plan.
 *
 * @throws MalformedError
 */
export function decodeSavedPlan(value: unknown): ReadPlan {
  const known = ["kind", "formatVersion", "version", "createdAt", "runtime", "replace", "topologies"];
  const fields = new Fields(value, "", known);
  const version = fields.count("formatVersion", 0);
  if (version !== 1) throw new MalformedError(`Format version ${version} is not known: plan anew`);
  return {
    version: fields.text("version"),
    runtime: fields.text("runtime"),
    replace: fields.list("replace", decodeText),
    topologies: fields.list("topologies", decodePlanned),
  };
}

function decodePlanned(value: unknown, at: string): ReadPlan["topologies"][number] {
  const { base, ...wanted } = decodeWanted(value, at, ["plan"]);
  if (base === undefined) throw new MalformedError(`"${at}.base" must be there`);
  return { ...wanted, base };
}
