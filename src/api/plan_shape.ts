/**
 * The shapes of plans: of the output of `plan -o json`, and of the file of `plan --out`. A test compares them with the
 * program's output.
 *
 * @module
 */

import type { GraphState } from "../graph/data/state.ts";
import type { PlanPrecondition } from "../reconcile/plan/plan_precondition.ts";
import type { AppliedSource } from "../reconcile/status/status_types.ts";
import { BASE, MESSAGE, SOURCE, STATE } from "./state_shape.ts";
import {
  constant,
  count,
  Definitions,
  flag,
  list,
  type Loose,
  looseRecord,
  named,
  optional,
  orNull,
  record,
  type Schema,
  type Shape,
  text,
  textOrNull,
  word,
} from "./shape.ts";

interface DesiredTopologyOf {
  readonly state: GraphState;
  readonly source: AppliedSource;
  readonly base: PlanPrecondition;
  readonly plan: Loose;
}

interface RemovalOf {
  readonly topology: string;
  readonly base: PlanPrecondition;
  readonly plan: Loose;
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const COSTS = ["live", "new-connections", "replace", null];
const COST_DESCRIPTION =
  "What it costs: `live` is sent to the running node, `new-connections` leaves running ones as they are, `replace` " +
  "recreates the node; null if there is no cost";

const EFFECT = {
  kept: count("Live connections that stay open"),
  closed: count("Live connections that are closed"),
};

const STEP: Shape<Loose> = named(
  "step",
  looseRecord({
    number: count("Counted from 1, as printed"),
    path: text("The node that is addressed, such as `web/front:`; `web/:` is the topology itself"),
    text: text("The short form that people read"),
    message: MESSAGE,
    kind: word(["add", "change", "remove"], "What it does to the topology"),
    node: textOrNull("The declared node that it is about; null for the topology itself"),
    cause: text("Why it is done, for people"),
    cost: {
      decode: orNull(word(["live", "new-connections", "replace"])).decode,
      schema: () => ({ enum: COSTS, description: COST_DESCRIPTION }),
    },
    connections: orNull(
      looseRecord(EFFECT, "What it does to live connections"),
      "What it does to live connections; null when it has nothing to do with any",
    ),
  }, "One control message that is sent"),
);

const FORMAT_VERSION = constant(1, "The version of this shape");

/** A plan of one topology. */
export const PLAN: Shape<Loose> = named(
  "plan",
  looseRecord({
    formatVersion: FORMAT_VERSION,
    topology: text("Whose plan it is"),
    fromGeneration: count("The generation that runs; 0 when nothing does"),
    toGeneration: count("The generation that it leads to; 0 when the topology is removed"),
    steps: list(STEP, "What is done, in this order; none when nothing changes"),
    summary: looseRecord({
      add: count("Nodes and templates that are new"),
      change: count("Nodes and templates that are changed or recreated"),
      remove: count("Nodes and templates that go"),
      ...EFFECT,
    }, "The numbers of the plan's last line"),
    closedQueues: list(
      text("The listener's name"),
      "Listeners whose sockets are closed: connections that wait to be accepted by them are closed as well",
    ),
  }, "What apply would do to one topology"),
);

const PRINTED = looseRecord({
  formatVersion: FORMAT_VERSION,
  plans: list(PLAN, "In the order in which the topologies were named"),
  refusals: optional(list(text("A sentence"), "Why apply would refuse it, or fail; absent if nothing is known")),
}, "Plans, one for each topology");

/** A topology of a saved plan. */
export const PLANNED: Shape<DesiredTopologyOf> = record<DesiredTopologyOf>(
  { state: STATE, source: SOURCE, base: BASE, plan: PLAN },
  "One topology",
);

/** A topology that a saved plan removes. */
export const REMOVED: Shape<RemovalOf> = record<RemovalOf>(
  { topology: text("By name"), base: BASE, plan: PLAN },
  "One topology",
);

const SAVED = looseRecord({
  kind: constant("sockgraph-plan", "Distinguishes it from a topology"),
  formatVersion: FORMAT_VERSION,
  version: text("The version of sockgraph that made it"),
  createdAt: text("When, in ISO 8601"),
  runtime: text("The socket runtime that it was made for: `deno`, `bun`, `posix`, `memory`"),
  replace: list(text("`web/front` or `front`"), "Nodes that are recreated although they are unchanged"),
  topologies: list(PLANNED, "The desired state"),
  takeOver: flag("True to take topologies that run from elsewhere"),
  removals: list(REMOVED, "What is removed, because its source no longer has it"),
  digest: text("`sha256:…` of all else, as JSON without blanks: what was edited is refused"),
}, "A plan that apply carries out as long as what it was made against has not moved");

/** The JSON Schema of what `plan -o json` prints. */
export function planSchema(): Schema {
  return document("What sockgraph plan -o json prints", PRINTED);
}

/** The JSON Schema of what `plan --out` saves. */
export function savedPlanSchema(): Schema {
  return document("What sockgraph plan --out saves", SAVED);
}

function document(title: string, shape: Shape<unknown>): Schema {
  const definitions = new Definitions("#/$defs/");
  const schema = shape.schema(definitions);
  return { $schema: DIALECT, title, ...schema, $defs: definitions.schemas };
}
