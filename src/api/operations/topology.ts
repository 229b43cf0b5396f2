/**
 * Operating a topology that runs: stopping, draining, rolling back to an earlier generation, suspending.
 *
 * @module
 */

import type { SourceStatus } from "../../reconcile/status/status_types.ts";
import { APPLY_EVENT, type ApplyEvent, type ApplyOutcome } from "../apply_event.ts";
import { body, lines, NOTHING, type Nothing, type Operation, query, requiredText, value } from "../operation.ts";
import {
  count,
  flag,
  list,
  looseRecord,
  mapOf,
  named,
  numberOrNull,
  optional,
  otherwise,
  record,
  type Shape,
  text,
  textOrNull,
  word,
} from "../shape.ts";
import { SOURCE } from "../status_shape.ts";
import { WAIT_MS } from "./apply.ts";

/** The engine, for operating topologies. Every call throws ENOENT for a name that does not run. */
export interface TopologyApi {
  /** The generations that are remembered, the oldest first. */
  history(name: string): Promise<readonly Generation[]>;
  /** Rolls back to an earlier generation, under a new number. ENOENT for a generation that is not kept. */
  rollback(request: RollbackRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome>;
  /**
   * Reads the followed source, reverts manual changes, and retries at once what would be retried later.
   */
  reconcile(request: ReconcileRequest, emit: (event: ApplyEvent) => void): Promise<ApplyOutcome>;
  /** Confirms changes that await it: those of the named topologies, or of all if none is named. */
  confirm(names: readonly string[]): Promise<readonly Confirmed[]>;
  /** Makes the observed state, with its manual changes, the desired state. */
  adopt(name: string): Promise<AdoptResult>;
  /** Suspends reconciliation of a topology: failures are not repaired. */
  suspend(name: string): Promise<void>;
  /** Resumes reconciliation of a topology. */
  resume(name: string): Promise<void>;
}

/** One generation of a topology. */
export interface Generation {
  /** Its number. */
  readonly generation: number;
  /** Its result; `failed`: a step failed, and the earlier steps stayed. */
  readonly result: "applied" | "adopted" | "failed" | "unconfirmed";
  /** True for the desired generation. */
  readonly current: boolean;
  /** Its source. */
  readonly source: SourceStatus;
  /** ISO 8601. */
  readonly appliedAt: string;
}

/** The request of reconcile. */
export interface ReconcileRequest {
  /** The topology. */
  readonly name: string;
  /** The time limit for Ready. */
  readonly waitMs: number;
}

/** The request of a rollback. */
export interface RollbackRequest extends ReconcileRequest {
  /** The generation; null: the previous one. */
  readonly generation: number | null;
}

/** The confirmed change. */
export interface Confirmed {
  /** The topology. */
  readonly topology: string;
  /** Its confirmed generation. */
  readonly generation: number;
}

/** The adopted state. */
export interface AdoptResult {
  /** The topology. */
  readonly topology: string;
  /** The generation that is desired now. */
  readonly generation: number;
  /** One path at which what ran differed; null: nothing did, and nothing was changed. */
  readonly drift: string | null;
  /** The number of other places that differed; absent if there were none. */
  readonly driftOthers?: number;
}

/** The engine, for draining connections. */
export interface DrainApi {
  /**
   * Stops listeners from accepting connections and closes the open ones within a time limit. Settled when they have ended.
   *
   * ENOENT for a topology or node that does not run; EINVAL for a node that does not listen
   */
  drain(request: DrainRequest): Promise<readonly DrainOutcome[]>;
}

/** The request of a drain. */
export interface DrainRequest {
  /** Topologies (`web`) and nodes (`web/front`); none means all topologies. */
  readonly targets: readonly string[];
  /** Only connections that started under this generation, while new ones are accepted as before; null: all. */
  readonly generation: number | null;
  /** The time limit. */
  readonly timeoutMs: number;
}

/** The result of a drain. */
export interface DrainOutcome {
  /** The target: `web`, `web/front`. */
  readonly target: string;
  /** Connections that ended by themselves. */
  readonly ended: number;
  /** Connections that were closed. */
  readonly closed: number;
  /** Connections that stay open because an apply or `undrain` stopped the drain; absent if there are none. */
  readonly remaining?: number;
}

/** The topologies to stop; no name means all. */
export interface DownRequest {
  /** Topologies by name. */
  readonly names: readonly string[];
  /** How long their connections may stay open before that; absent or 0: not at all. */
  readonly drainMs?: number;
}

/** The stopped topologies. */
export interface DownResult {
  /** Topologies by name, in the order in which they were stopped. */
  readonly stopped: readonly string[];
  /** Those of which nothing ran, as nothing of them had been applied; absent if there are none. */
  readonly unapplied?: readonly string[];
  /** The number of closed connections, by topology, without those that a drain had ended before. */
  readonly closed: Readonly<Record<string, number>>;
  /** The result of the drain before, if there was one. */
  readonly drained?: readonly DrainOutcome[];
  /** True where the engine ends now, as it was in the background; absent otherwise. */
  readonly ending?: boolean;
}

const ABOUT = { topology: text("By name") };
const GENERATION = count("A generation");
const NAMES = otherwise(list(text("By name"), "Topologies; none means all"), []);

/** A request that is about one topology. */
export interface NameRequest {
  /** The topology. */
  readonly name: string;
}

/** A request that is about several topologies. */
export interface NamesRequest {
  /** The topologies; none means all. */
  readonly names: readonly string[];
}

const NAME_REQUEST: Shape<NameRequest> = named("Name", record<NameRequest>({ name: text("A topology") }));
const DONE = named("Nothing", NOTHING);

const DRAINED = named(
  "Drained",
  looseRecord({
    target: text("What"),
    ended: count("By themselves"),
    closed: count("By force"),
    remaining: optional(count("Those that stay open, because the drain was stopped")),
  }),
);

const DOWN_REQUEST: Shape<DownRequest> = named(
  "DownRequest",
  record<DownRequest>({ names: NAMES, drainMs: otherwise(count("How long open connections may last before"), 0) }),
);

const DOWN_ANSWER = named(
  "DownAnswer",
  looseRecord({
    stopped: list(text("By name")),
    unapplied: optional(list(text("One of which nothing ran, as nothing of it had been applied"))),
    closed: mapOf(count("How many"), "How many connections were closed, by topology"),
    drained: optional(list(DRAINED)),
    ending: optional(flag("The engine exits now")),
  }),
);

const DRAIN_REQUEST: Shape<DrainRequest> = named(
  "DrainRequest",
  record<DrainRequest>({
    targets: otherwise(list(text("`web`, `web/front`")), []),
    generation: otherwise(numberOrNull(), null),
    timeoutMs: otherwise(count("How long it may take"), 0),
  }),
);

const RECONCILE_REQUEST: Shape<ReconcileRequest> = named(
  "ReconcileRequest",
  record<ReconcileRequest>({ name: text("A topology"), waitMs: WAIT_MS }),
);

const ROLLBACK_REQUEST: Shape<RollbackRequest> = named(
  "RollbackRequest",
  record<RollbackRequest>({
    name: text("A topology"),
    generation: otherwise(numberOrNull("Null: the previous one"), null),
    waitMs: WAIT_MS,
  }),
);

const HISTORY_ANSWER = named(
  "HistoryAnswer",
  looseRecord({
    generations: list(looseRecord({
      generation: GENERATION,
      result: word(["applied", "adopted", "failed", "unconfirmed"]),
      current: flag("True for the desired generation"),
      source: SOURCE,
      appliedAt: text("ISO 8601"),
    })),
  }),
);

const DOWN: Operation<DownRequest, DownResult, "value"> = value({
  name: "down",
  method: "POST",
  path: "/v1/down",
  summary: "Stops topologies",
  request: body(DOWN_REQUEST),
  response: DOWN_ANSWER,
});

const DRAIN: Operation<DrainRequest, { readonly drained: readonly DrainOutcome[] }, "value"> = value({
  name: "drain",
  method: "POST",
  path: "/v1/drain",
  summary: "Drains connections",
  request: body(DRAIN_REQUEST),
  response: named("DrainAnswer", looseRecord({ drained: list(DRAINED) })),
});

const HISTORY: Operation<NameRequest, { readonly generations: readonly Generation[] }, "value"> = value({
  name: "history",
  method: "GET",
  path: "/v1/history",
  summary: "The generations that are remembered",
  request: query<NameRequest>({ name: requiredText("name") }),
  response: HISTORY_ANSWER,
});

const ROLLBACK: Operation<RollbackRequest, ApplyEvent, "lines"> = lines({
  name: "rollback",
  method: "POST",
  path: "/v1/rollback",
  summary: "Goes back",
  request: body(ROLLBACK_REQUEST),
  response: APPLY_EVENT,
});

const RECONCILE: Operation<ReconcileRequest, ApplyEvent, "lines"> = lines({
  name: "reconcile",
  method: "POST",
  path: "/v1/reconcile",
  summary: "Tries now",
  request: body(RECONCILE_REQUEST),
  response: APPLY_EVENT,
});

const CONFIRM: Operation<NamesRequest, { readonly confirmed: readonly Confirmed[] }, "value"> = value({
  name: "confirm",
  method: "POST",
  path: "/v1/confirm",
  summary: "Confirms a change",
  request: body<NamesRequest>(named("Names", record<NamesRequest>({ names: NAMES }))),
  response: named(
    "ConfirmAnswer",
    looseRecord({ confirmed: list(looseRecord({ ...ABOUT, generation: GENERATION })) }),
  ),
});

const ADOPT: Operation<NameRequest, AdoptResult, "value"> = value({
  name: "adopt",
  method: "POST",
  path: "/v1/adopt",
  summary: "Accepts manual changes as the desired state",
  request: body(NAME_REQUEST),
  response: named(
    "AdoptAnswer",
    looseRecord({
      ...ABOUT,
      generation: GENERATION,
      drift: textOrNull("What differed"),
      driftOthers: optional(count("How many other places differed; absent if there were none")),
    }),
  ),
});

const SUSPEND: Operation<NameRequest, Nothing, "value"> = value({
  name: "suspend",
  method: "POST",
  path: "/v1/suspend",
  summary: "Suspends reconciliation",
  request: body(NAME_REQUEST),
  response: DONE,
});

const RESUME: Operation<NameRequest, Nothing, "value"> = value({
  name: "resume",
  method: "POST",
  path: "/v1/resume",
  summary: "Resumes reconciliation",
  request: body(NAME_REQUEST),
  response: DONE,
});

/** Operating topologies. */
export const TOPOLOGY = {
  down: DOWN,
  drain: DRAIN,
  history: HISTORY,
  rollback: ROLLBACK,
  reconcile: RECONCILE,
  confirm: CONFIRM,
  adopt: ADOPT,
  suspend: SUSPEND,
  resume: RESUME,
};
