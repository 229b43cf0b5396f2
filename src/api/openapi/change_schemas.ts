/**
 * What is asked for and what comes of it, as schemas.
 *
 * @module
 */

import {
  count,
  flag,
  kinds,
  list,
  named,
  orNull,
  type Properties,
  record,
  type Schema,
  text,
  textOrNull,
  word,
} from "../json_schema.ts";

const GUARD = record({
  "prune?": flag("Remove topologies that the same sources no longer have"),
  "takeOver?": flag("Take over topologies that run from another source"),
  "allowEmpty?": flag("Allow a source that has become empty to remove its topologies"),
  "origins?": list(text("A location; one that ends in `/` covers what lies directly in it")),
}, "What the sources may do to what runs");
const NAMES = list(text("By name"), "Topologies; none means all");
const RESULT = word("unchanged", "applied", "failed", "rolled-back", "rollback-failed");
const BASE = record({ generation: count("What ran"), digest: text("Of all that counts for planning") });
const WANTED = record({ state: named("State"), source: named("AppliedSource"), "base?": BASE });
const CHANGE: Properties = {
  topologies: list(WANTED),
  "replace?": list(text("`web/front` or `front`"), "Nodes to recreate"),
};
const WAIT_MS = count("How long to wait for Ready");
const ABOUT = { topology: text("By name") };
const NODE = { ...ABOUT, node: text("By name") };
const GENERATION = count("A generation");

const EVENTS: Readonly<Record<string, Properties>> = {
  snapshot: { status: named("Status") },
  failed: { ...NODE, reason: text("A close reason"), error: named("Failure") },
  "connection-failed": {
    ...NODE,
    peer: text("Who; empty: accepting is paused"),
    reason: text("A close reason"),
    error: named("Failure"),
  },
  "retry-planned": { ...NODE, delayMs: { type: "number" } },
  "retry-started": NODE,
  recovered: NODE,
  "gave-up": { ...NODE, error: orNull(named("Failure")) },
  "drift-healed": { ...ABOUT, drift: text("A path") },
  "awaiting-confirmation": { ...ABOUT, generation: GENERATION, until: text("ISO 8601") },
  confirmed: { ...ABOUT, generation: GENERATION },
  unconfirmed: { ...ABOUT, generation: GENERATION, result: text("The result of the rollback") },
  applied: { ...ABOUT, result: RESULT, ms: { type: "number" } },
  drift: { ...ABOUT, drift: textOrNull("A path; null: no difference any more") },
  health: {
    ...ABOUT,
    health: textOrNull("Its state; null: it no longer exists"),
    reason: textOrNull("Why it is not healthy: the reason of a condition; null if it is healthy or removed"),
    message: textOrNull("The same for people"),
  },
  "thread-lost": { thread: count("Which"), error: named("Failure"), delayMs: { type: "number" } },
  "thread-restarted": { thread: count("Which") },
  error: { ...ABOUT, message: text("For people") },
  heartbeat: {},
  dropped: { count: count("How many") },
};

const STEPS: Readonly<Record<string, Properties>> = {
  plan: { plan: named("plan"), text: text("For people") },
  step: {
    ...ABOUT,
    number: count("As printed in the plan; 0 for a step that is not"),
    path: text("The node that is addressed"),
    text: text("As the plan prints it"),
    state: word("started", "done", "degraded", "waiting", "failed"),
    message: textOrNull("Why it failed or degraded"),
  },
  undo: ABOUT,
  outcome: {
    outcome: named("Outcome"),
    "place?": record({
      diagnostic: { type: "object", description: "As `validate -o json` has it" },
      text: text("For people: the line that failed, with a caret"),
    }),
  },
  source: {
    reason: text("What kind of problem"),
    text: text("For people"),
    code: textOrNull("Which failure it was"),
    diagnostics: list({ type: "object" }, "As `validate -o json` has them"),
  },
  noticed: {
    result: word("applying", "nothing", "left", "held-back", "suspended"),
    text: text("For people: what has changed"),
  },
  pruned: {
    ...ABOUT,
    closed: count("Connections that were closed with it"),
    confirmUntil: textOrNull("ISO 8601: when it runs again unless its removal is confirmed"),
  },
  kept: { ...ABOUT, keptAt: text("ISO 8601") },
  error: { error: named("Failure") },
};

/** Schemas by name. */
export const CHANGE_SCHEMAS: Readonly<Record<string, Schema>> = {
  ErrorAnswer: record({ error: named("Failure") }),
  PlanRequest: record({
    ...CHANGE,
    "remove?": list(text("By name"), "Topologies that would be removed"),
    "origins?": list(text("A location; one that ends in / covers what lies in it"), "What the sources cover"),
    "confirms?": flag(
      "The apply would have to be confirmed, so that an earlier one that awaits this is not in its way",
    ),
    "pinned?": flag("Also return the state that the plans are made for"),
  }),
  PlanAnswer: record({
    plans: list(
      record({
        plan: named("plan"),
        text: text("For people"),
        "base?": BASE,
        "conflicts?": list(text("A sentence"), "Why applying it would fail"),
      }),
    ),
  }),
  ApplyRequest: record({
    ...CHANGE,
    "rollback?": flag("Roll back a topology whose step fails; true unless it is given"),
    "waitMs?": WAIT_MS,
    "confirmMs?": count("Roll back unless confirmed within this time"),
    "selfHeal?": flag("Revert manual changes automatically"),
    "guard?": GUARD,
    "remove?": list(record({ ...ABOUT, base: BASE }), "What a saved plan removes"),
  }),
  FollowRequest: record({
    sources: list({ type: "object", description: "`kind`, `name` and where to read" }),
    "intervalMs?": count("How often to look; 0: only when told to"),
    "webIntervalMs?": count("How often servers on the web are asked at most; 0: whenever one looks"),
    "replace?": list(text("`web/front` or `front`")),
    "rollback?": flag("Roll back a topology whose step fails"),
    "selfHeal?": flag("Revert manual changes automatically"),
    "waitMs?": WAIT_MS,
    "prune?": flag("Remove topologies that the source no longer has"),
    "takeOver?": flag("Take over topologies that run from another source"),
    "allowEmpty?": flag("Allow an empty source to remove all its topologies"),
    "keepTrying?": flag("Follow sources that cannot be used at first, too"),
  }),
  ChangeEvent: kinds(STEPS),
  Outcome: record({
    ...ABOUT,
    result: word("unchanged", "applied", "rolled-back", "failed"),
    generation: count("What runs now; 0: nothing"),
    ready: flag("It became Ready in time"),
    confirmUntil: textOrNull("When it is rolled back unless it is confirmed"),
    message: textOrNull("Why not"),
    code: textOrNull("Which failure stopped it"),
    at: orNull(record({ node: text("By name"), messageIndex: { type: ["integer", "null"] } })),
  }),
  News: kinds(EVENTS, { time: text("ISO 8601") }),
  Names: record({ "names?": NAMES }),
  Name: record({ name: text("A topology") }),
  Nothing: record({}),
  WaitAnswer: record({ ready: flag("All are Ready"), waiting: list(text("What is not Ready and why")) }),
  DownRequest: record({ "names?": NAMES, "drainMs?": count("How long open connections may last before") }),
  DownAnswer: record({
    stopped: list(text("By name")),
    "unapplied?": list(text("One of which nothing ran, as nothing of it had been applied")),
    closed: {
      type: "object",
      description: "How many connections were closed, by topology",
      additionalProperties: count("How many"),
    },
    "drained?": list(named("Drained")),
    "ending?": flag("The engine exits now"),
  }),
  DrainRequest: record({
    "targets?": list(text("`web`, `web/front`")),
    "generation?": { type: ["integer", "null"] },
    "timeoutMs?": count("How long it may take"),
  }),
  DrainAnswer: record({ drained: list(named("Drained")) }),
  Drained: record({
    target: text("What"),
    ended: count("By themselves"),
    closed: count("By force"),
    "remaining?": count("Those that go on, because the drain was stopped"),
  }),
  MessageRequest: record({
    path: text("`web/front:`, `[1f]:`"),
    command: text("As `types` lists them"),
    "argument?": textOrNull("In ASCII form"),
  }),
  MessageAnswer: record({ from: text("`[1f]`"), command: text("Its name"), text: textOrNull("In ASCII form") }),
  RollbackRequest: record({
    name: text("A topology"),
    "generation?": { type: ["integer", "null"], description: "Null: the one before" },
    "waitMs?": WAIT_MS,
  }),
  ReconcileRequest: record({ name: text("A topology"), "waitMs?": WAIT_MS }),
  HistoryAnswer: record({
    generations: list(record({
      generation: GENERATION,
      result: word("applied", "adopted", "failed", "unconfirmed"),
      current: flag("True for the desired generation"),
      source: named("Source"),
      appliedAt: text("ISO 8601"),
    })),
  }),
  ConfirmAnswer: record({ confirmed: list(record({ ...ABOUT, generation: GENERATION })) }),
  AdoptAnswer: record({ ...ABOUT, generation: GENERATION, drift: textOrNull("What differed") }),
};
