/**
 * What is said over the control socket: the engine as its clients see it, the routes, and the shape of every request
 * and response. A client and an engine of different versions do not talk (see {@linkcode VERSION_HEADER}).
 *
 * | route | request | response |
 * | --- | --- | --- |
 * | `GET /v1/version` | | `EngineStatus` |
 * | `GET /v1/status?name=…&node=…` | | `Status` |
 * | `GET /v1/nodes?name=…&node=…` | | NDJSON of `LiveNode`: connections and copies |
 * | `GET /v1/wait?name=…&timeoutMs=…` | | {@linkcode WaitResult} |
 * | `POST /v1/plan` | {@linkcode PlanRequest} | `{ plans: PlanResult[] }` |
 * | `POST /v1/apply` | {@linkcode ApplyRequest} | NDJSON of {@linkcode ApplyEvent} |
 * | `POST /v1/follow` | `FollowRequest` | NDJSON of {@linkcode ApplyEvent} |
 * | `POST /v1/down` | {@linkcode DownRequest} | {@linkcode DownResult} |
 * | `POST /v1/drain` | `DrainRequest` | `{ drained: DrainOutcome[] }` |
 * | `POST /v1/msg` | {@linkcode MsgRequest} | {@linkcode MsgResult} |
 * | `GET /v1/export?name=…` | | YAML |
 * | `POST /v1/session`, `/v1/session/ID/…` | | see `session_protocol.ts` |
 * | `GET /v1/history?name=…` | | `{ generations: Generation[] }` |
 * | `POST /v1/rollback` | `RollbackRequest` | NDJSON of {@linkcode ApplyEvent} |
 * | `POST /v1/reconcile` | `ReconcileRequest` | NDJSON of {@linkcode ApplyEvent} |
 * | `GET /v1/events` | | NDJSON of `EngineNews`: a snapshot, then what happens |
 * | `POST /v1/confirm` | `{ names }` | `{ confirmed: Confirmed[] }` |
 * | `POST /v1/adopt` | `{ name }` | `AdoptResult` |
 * | `POST /v1/suspend`, `POST /v1/resume` | `{ name }` | `{}` |
 * | `GET /v1/openapi.json` | | all of this in the words of OpenAPI |
 * | `GET /metrics` | | OpenMetrics |
 * | `GET /livez`, `GET /readyz` | | 200, or 503 while something is not Ready |
 *
 * A failure is `{ "error": { "code", "message" } }` with a status of 400 or more.
 *
 * @module
 */

import { runSync, type Task } from "../cooperative.ts";
import type { GraphState } from "../graph/data/state.ts";
import type { PlanPrecondition } from "../reconcile/plan/plan_precondition.ts";
import type { PlanJson } from "../reconcile/plan/plan_text.ts";
import type { AppliedSource } from "../reconcile/status/status_types.ts";
import type { DrainFace, DrainOutcome } from "./draining.ts";
import type { OwnershipCheck } from "../sources/ownership.ts";
import type { ApplyEvent, ApplyOutcome } from "./apply_event.ts";
import { decodeText, Fields } from "./fields.ts";
import { guardFields } from "./guard_fields.ts";
import type { FollowFace } from "./following.ts";
import type { LookFace } from "./look.ts";
import type { NewsFace } from "./news.ts";
import type { OperatorFace } from "./operations.ts";
import { decodeStateInTurn } from "./state_codec.ts";

/** Every response carries the engine's version here; a request that carries another is refused. */
export const VERSION_HEADER = "sockgraph-version";

/** The media type of the stream that `apply` answers. */
export const NDJSON = "application/x-ndjson";

const SOURCE_KINDS = ["file", "stdin", "url", "git", "library"] as const;

/** The engine as its clients see it, in the same process or over the control socket. */
export interface EngineFace extends LookFace, OperatorFace, FollowFace, NewsFace, DrainFace {
  /** What `apply` would do; changes nothing. */
  plan(request: PlanRequest): Promise<readonly PlanResult[]>;
  /**
   * Makes topologies so, each a transaction of its own, and waits until they are Ready or the time is over.
   *
   * @param tell is called for everything on the way
   */
  apply(request: ApplyRequest, tell: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]>;
  /** Stops topologies. ENOENT for a name that does not run. */
  down(request: DownRequest): Promise<DownResult>;
  /** Sends one control message; throws what the node answers. */
  msg(request: MsgRequest): Promise<MsgResult>;
  /** What runs as YAML that `apply` accepts. ENOENT for a name that does not run. */
  export(name: string | null): Promise<string>;
  /** Waits until the named topologies (all, where none is named) are Ready, cannot become so, or the time is over. */
  wait(request: WaitRequest, options?: { signal?: AbortSignal }): Promise<WaitResult>;
}

/** A topology as its author wants it. */
export interface WantedTopology {
  /** What is wanted. */
  readonly state: GraphState;
  /** Where that comes from. */
  readonly source: AppliedSource;
  /** What must run for it to be applied: what its saved plan was made against. Absent: whatever runs. */
  readonly base?: PlanPrecondition;
}

/** What to plan. */
export interface PlanRequest {
  /** What is wanted; those of one source are planned as one change. */
  readonly topologies: readonly WantedTopology[];
  /** Nodes to make anew: `web/front` or `front`. */
  readonly replace: readonly string[];
  /** Topologies that would be removed, as they are gone from their source: their plans come last. */
  readonly remove?: readonly string[];
  /** Locations that the sources cover: the topologies of one source change together. */
  readonly origins?: readonly string[];
  /** True to be told also what the plans are made against, so that they can be saved. */
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
  /** What it was made against; there when that was asked for. */
  readonly base?: PlanPrecondition;
  /** Why applying it would fail, a sentence each; absent where nothing is known to stand in the way. */
  readonly conflicts?: readonly string[];
}

/** A topology that a saved plan removes. */
export interface PlannedRemoval {
  /** Which one. */
  readonly topology: string;
  /** What must run of it. */
  readonly base: PlanPrecondition;
}

/** What to make so: all of it, or nothing where one of them does not find what its plan was made against. */
export interface ApplyRequest extends Omit<PlanRequest, "pinned" | "remove" | "origins" | "confirms"> {
  /** What a saved plan removes, besides what the guard lets go. */
  readonly remove?: readonly PlannedRemoval[];
  /** Roll back a topology whose step fails. */
  readonly rollback: boolean;
  /** How long to wait for Ready. */
  readonly waitMs: number;
  /** How long it may take to confirm what is changed, before that is undone. Absent: nothing needs to be confirmed. */
  readonly confirmMs?: number;
  /** True to take back at once what hands change, from now on. */
  readonly selfHeal?: boolean;
  /** What a source may do to what runs. Absent: all that the request says. */
  readonly guard?: OwnershipCheck;
}

/** What to stop; no name means all. */
export interface DownRequest {
  /** Topologies by name. */
  readonly names: readonly string[];
  /** How long their connections may last before; left out or 0: not at all. */
  readonly drainMs?: number;
}

/** What was stopped. */
export interface DownResult {
  /** Topologies by name, in the order in which they were stopped. */
  readonly stopped: readonly string[];
  /** Those of which nothing ran, as nothing of them had been applied; absent where there are none. */
  readonly unapplied?: readonly string[];
  /** How many connections were closed, by topology; those that a drain had ended before are not among them. */
  readonly closed: Readonly<Record<string, number>>;
  /** What became of their connections, where they were drained before. */
  readonly drained?: readonly DrainOutcome[];
  /** True where the engine ends now, as it was in the background; absent otherwise. */
  readonly ending?: boolean;
}

/** A control message. */
export interface MsgRequest {
  /** The node: `web/front:`, `[1f]:`. */
  readonly path: string;
  /** The message's command. */
  readonly command: string;
  /** In ASCII form; null for none. */
  readonly argument: string | null;
}

/** Its reply. */
export interface MsgResult {
  /** Who answers: `[1f]`. */
  readonly from: string;
  /** The command that is answered. */
  readonly command: string;
  /** In ASCII form; null for a command without reply. */
  readonly text: string | null;
}

/** What to wait for. */
export interface WaitRequest {
  /** Topologies by name; none means all. */
  readonly names: readonly string[];
  /** How long. */
  readonly timeoutMs: number;
}

/** How waiting ended. */
export interface WaitResult {
  /** True when all of them are Ready. */
  readonly ready: boolean;
  /** What is not Ready and why, one line each. */
  readonly waiting: readonly string[];
}

/** Reads a {@linkcode PlanRequest}. */
export function* decodePlanRequest(value: unknown): Task<PlanRequest> {
  const fields = new Fields(value, "", ["topologies", "replace", "remove", "origins", "pinned", "confirms"]);
  return {
    ...yield* planFields(fields),
    ...(fields.has("remove") ? { remove: fields.list("remove", decodeText) } : {}),
    ...(fields.has("origins") ? { origins: fields.list("origins", decodeText) } : {}),
    ...(fields.flag("pinned", false) ? { pinned: true } : {}),
    ...(fields.flag("confirms", false) ? { confirms: true } : {}),
  };
}

/** Reads an {@linkcode ApplyRequest}. */
export function* decodeApplyRequest(value: unknown): Task<ApplyRequest> {
  const fields = new Fields(value, "", [
    "topologies",
    "replace",
    "rollback",
    "waitMs",
    "confirmMs",
    "selfHeal",
    "guard",
    "remove",
  ]);
  return {
    ...yield* planFields(fields),
    rollback: fields.flag("rollback", true),
    waitMs: fields.count("waitMs", 0),
    ...(fields.flag("selfHeal", false) ? { selfHeal: true } : {}),
    ...(fields.has("guard") ? { guard: fields.value("guard", decodeGuard) } : {}),
    ...(fields.has("remove") ? { remove: fields.list("remove", (one, at) => decodeRemoval(one, at)) } : {}),
    ...(fields.has("confirmMs") ? { confirmMs: fields.count("confirmMs", 0) } : {}),
  };
}

function decodeGuard(value: unknown, at: string): OwnershipCheck {
  const fields = new Fields(value, at, ["origins", "prune", "takeOver", "allowEmpty"]);
  return { origins: fields.list("origins", decodeText), ...guardFields(fields) };
}

/** Reads a {@linkcode DownRequest}. */
export function decodeDownRequest(value: unknown): DownRequest {
  const fields = new Fields(value, "", ["names", "drainMs"]);
  return { names: fields.list("names", decodeText), drainMs: fields.count("drainMs", 0) };
}

/** Reads a {@linkcode MsgRequest}. */
export function decodeMsgRequest(value: unknown): MsgRequest {
  const fields = new Fields(value, "", ["path", "command", "argument"]);
  return {
    path: fields.text("path"),
    command: fields.text("command"),
    argument: fields.textOrNull("argument"),
  };
}

function* planFields(fields: Fields): Task<Pick<PlanRequest, "topologies" | "replace">> {
  return {
    topologies: yield* fields.listInTurn("topologies", (one, at) => decodeWantedInTurn(one, at)),
    replace: fields.list("replace", decodeText),
  };
}

/** Reads a {@linkcode WantedTopology}; fields named by `more` may be there as well. */
export function decodeWanted(value: unknown, at: string, more: readonly string[] = []): WantedTopology {
  return runSync(decodeWantedInTurn(value, at, more));
}

function* decodeWantedInTurn(value: unknown, at: string, more: readonly string[] = []): Task<WantedTopology> {
  const fields = new Fields(value, at, ["state", "source", "base", ...more]);
  const wanted = {
    state: yield* fields.valueInTurn("state", decodeStateInTurn),
    source: fields.value("source", decodeSource),
  };
  return fields.has("base") ? { ...wanted, base: fields.value("base", decodeBase) } : wanted;
}

/** Reads a {@linkcode PlannedRemoval}; fields named by `more` may be there as well. */
export function decodeRemoval(value: unknown, at: string, more: readonly string[] = []): PlannedRemoval {
  const fields = new Fields(value, at, ["topology", "base", ...more]);
  return { topology: fields.text("topology"), base: fields.value("base", decodeBase) };
}

function decodeBase(value: unknown, at: string): PlanPrecondition {
  const fields = new Fields(value, at, ["generation", "digest"]);
  return { generation: fields.count("generation", 0), digest: fields.text("digest") };
}

function decodeSource(value: unknown, at: string): AppliedSource {
  const fields = new Fields(value, at, ["kind", "location", "revision", "variables"]);
  return {
    kind: fields.word("kind", SOURCE_KINDS),
    location: fields.text("location"),
    revision: fields.textOrNull("revision"),
    ...(fields.has("variables") ? { variables: fields.value("variables", decodeVariables) } : {}),
  };
}

function decodeVariables(value: unknown, at: string): Readonly<Record<string, string | null>> {
  const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const fields = new Fields(value, at, names);
  return Object.fromEntries(names.map((name) => [name, fields.textOrNull(name)]));
}
