/**
 * One topology under reconciliation: its desired states, their generations, and their results. Plain bookkeeping; the
 * loop decides and acts.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { type ErrorData, NetgraphError } from "../../errors.ts";
import { renameReferences } from "../../graph/core/reference.ts";
import { emptyState, formatMessage, type GraphState } from "../../graph/data/state.ts";
import type { StallCause } from "../status/condition.ts";
import type { DesiredState } from "./desired_state.ts";
import type { Plan } from "../plan/plan.ts";
import { ResolvedReferences } from "../plan/resolved_references.ts";
import { RetryState } from "./retry.ts";
import type { TopologyFacts } from "../status/status.ts";
import type { AppliedSource, Condition, TopologyStatus } from "../status/status_types.ts";
import type { Step } from "../plan/step.ts";

/** The number of generations that are kept. */
export const HISTORY_LENGTH = 16;

/**
 * A generation and its result; `failed`: a step failed, and the earlier steps stayed; `unconfirmed`: it is not
 * confirmed yet, or was rolled back because it was not.
 */
export interface HistoryEntry {
  readonly generation: number;
  readonly result: "applied" | "adopted" | "failed" | "unconfirmed";
  readonly state: GraphState;
  readonly source: AppliedSource;
  /** ISO 8601. */
  readonly appliedAt: string;
}

/** The desired state of a topology. */
export interface DesiredTopology {
  readonly state: GraphState;
  readonly source: AppliedSource;
  /** True while it is unconfirmed. */
  readonly awaits: boolean;
}

/** An unconfirmed generation. */
export interface Confirmation {
  /** The time of the rollback. */
  readonly until: Date;
  /** The last confirmed state; null: nothing ran. */
  readonly previous: DesiredState | null;
  /** True if the change removes the topology: confirmation removes it permanently. */
  readonly removes: boolean;
  /** The topologies of the same change, which are rolled back together. */
  readonly group: symbol;
}

/** The default source of a topology. */
export const LIBRARY_SOURCE: AppliedSource = { kind: "library", location: "", revision: null };

/** True for a generation to which a topology may be rolled back automatically. */
export function isGood({ result }: HistoryEntry): boolean {
  return result !== "failed" && result !== "unconfirmed";
}

/** The facts about one topology. */
export class Topology {
  readonly name: string;
  readonly #clock: Clock;
  readonly retries = new Map<string, RetryState>();
  readonly verified = new Map<string, Set<string>>();
  readonly replies = new ResolvedReferences();
  /** Nodes whose messages wait for another node's replies. */
  waiting: ReadonlySet<string> = new Set();
  desired: GraphState;
  source: AppliedSource = LIBRARY_SOURCE;
  generation = 0;
  observedGeneration = 0;
  history: readonly HistoryEntry[] = [];
  conditions: readonly Condition[] = [];
  stallCause: StallCause | null = null;
  /** The running state is not the last one of its source; shown while there is no other problem. */
  departure: StallCause | null = null;
  /** Set while the running generation is unconfirmed. */
  awaiting: Confirmation | null = null;
  /** True to revert manual changes immediately. */
  selfHeal = false;
  /** The attempts to do so, if one failed. */
  readonly driftRetry: RetryState;
  /** True if its source is followed and no longer has it. */
  orphaned = false;
  applying = false;
  suspended = false;
  /** True if its source has changed while it is suspended. */
  heldBack = false;
  /** True once it is no longer reconciled. */
  closed = false;
  /** True for one that stays visible although nothing of it runs yet. */
  expected = false;
  /** The number of changes in progress or in the queue. */
  applies = 0;
  /** Its status at the end of the last change; null if it was not settled then. */
  settled: TopologyStatus | null = null;
  /** True while a check of it is in the queue. */
  checkPending = false;
  /** The last state that was applied from its source; null: none. */
  #applied: GraphState | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
    this.driftRetry = new RetryState(clock);
    this.desired = emptyState(name);
  }

  /** The input of the status, as far as it is known here. */
  get facts(): Omit<TopologyFacts, "types" | "snapshot" | "now"> {
    const { desired, source, generation, observedGeneration, applying, suspended } = this;
    const { retries, verified, waiting, stallCause, conditions, orphaned, heldBack } = this;
    const confirmUntil = this.awaiting?.until ?? null;
    const plan = { desired, source, generation, observedGeneration, applying, suspended };
    return {
      ...plan,
      retries,
      verified,
      waiting,
      stallCause: stallCause ?? this.departure,
      conditions,
      confirmUntil,
      orphaned: orphaned || this.awaiting?.removes === true,
      heldBack,
    };
  }

  /** Records its future source, so that it is visible before it runs. */
  expect(source: AppliedSource): void {
    this.expected = true;
    if (this.generation === 0) this.source = source;
  }

  /** Runs `task` after all earlier tasks. */
  enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(task);
    // The caller receives the failure; the next task does not.
    this.#queue = run.catch(() => undefined);
    return run;
  }

  /** The attempts to repair a node. */
  retryOf(node: string): RetryState {
    const known = this.retries.get(node);
    if (known !== undefined) return known;
    const retry = new RetryState(this.#clock);
    this.retries.set(node, retry);
    return retry;
  }

  /** Ends the attempts to repair a node. */
  endRetry(node: string): void {
    this.retries.get(node)?.cancel();
    this.retries.delete(node);
  }

  /** Records that a generation is the desired one from now on. */
  succeed(
    generation: number,
    desired: { readonly state: GraphState; readonly source: AppliedSource },
    result: "applied" | "adopted" = "applied",
  ): void {
    this.#remember(generation, desired, result);
    this.observedGeneration = generation;
    this.desired = desired.state;
    this.source = desired.source;
    this.stallCause = null;
    this.heldBack = false;
    this.#forgetNodes();
  }

  /** Records that a step of a generation failed, and that the earlier steps stay. */
  fail(
    generation: number,
    desired: { readonly state: GraphState; readonly source: AppliedSource },
    stallCause: StallCause,
  ): void {
    this.#remember(generation, desired, "failed");
    this.desired = desired.state;
    this.source = desired.source;
    this.stallCause = stallCause;
  }

  /** Records a desired state with differences that do not affect the running nodes: queries, the order of the file. */
  update(state: GraphState, source: AppliedSource): void {
    this.desired = state;
    this.source = source;
    this.stallCause = null;
    this.heldBack = false;
  }

  /** Records that the running state was applied from its source. */
  settleWithSource(): void {
    this.#applied = this.desired;
    this.orphaned = false;
    this.departure = null;
  }

  /** Records a client's change, unless it leads to the last state that was applied from its source. */
  depart(departure: StallCause): void {
    const same = JSON.stringify(this.#applied) === JSON.stringify(this.desired);
    this.departure = same ? null : departure;
  }

  /** Records the content of its source while it is suspended; true if it differs from the last applied state. */
  holdBack(state: GraphState): boolean {
    this.heldBack = JSON.stringify(this.desired) !== JSON.stringify(state);
    return this.heldBack;
  }

  /**
   * A generation for a rollback; null: the last good one before the running one.
   *
   * @throws NetgraphError ENOENT for one that is not kept
   */
  remembered(generation: number | null): HistoryEntry {
    const entry = generation === null
      ? this.history.findLast((one) => one.generation < this.generation && isGood(one))
      : this.history.find((one) => one.generation === generation);
    if (entry !== undefined) return entry;
    const which = generation === null ? "an earlier generation" : `generation ${generation}`;
    throw new NetgraphError(
      "ENOENT",
      `Cannot find ${which} of "${this.name}": "sockgraph history ${this.name}" lists the generations`,
    );
  }

  /** Records whether the running generation is unconfirmed. */
  markUnconfirmed(unconfirmed: boolean): void {
    this.history = this.history.map((entry) => {
      const result = unconfirmed ? "unconfirmed" : "applied";
      return entry.generation === this.generation && entry.result !== "failed" ? { ...entry, result } : entry;
    });
  }

  /** Moves the facts about nodes to their new names. */
  rename(renames: ReadonlyMap<string, string>): void {
    if (renames.size === 0) return;
    const seen = [...renames].map(([to, from]) => [to, this.verified.get(from)] as const);
    for (const [to, messages] of seen) {
      if (messages === undefined) this.verified.delete(to);
      else this.verified.set(to, messages);
    }
    const newNames = new Map([...renames].map(([to, from]) => [from, to]));
    for (const [node, messages] of this.verified) {
      this.verified.set(node, new Set([...messages].map((message) => renameReferences(message, newNames))));
    }
    this.replies.rename(renames);
  }

  /** Records the verified messages, and the nodes about which nothing is known any more. */
  noteVerified(plan: Plan, state: GraphState, verified: ReadonlySet<Step>): void {
    const nodes = new Map(state.nodes.map((node) => [node.name, node]));
    for (const step of plan.steps) {
      if (step.node === null) continue;
      if (!step.declared && step.command === "mkpeer") this.verified.delete(step.node);
      const message = nodes.get(step.node)?.messages[step.messageIndex ?? -1];
      if (message === undefined) continue;
      const seen = this.verified.get(step.node) ?? new Set();
      this.verified.set(step.node, seen);
      if (verified.has(step)) seen.add(formatMessage(message));
      else seen.delete(formatMessage(message));
    }
  }

  /** Records the nodes that wait for another node: rejected nodes are found by their own record. */
  noteWaiting(blocked: ReadonlyMap<string, ErrorData | null>): void {
    const more = [...blocked].filter(([, error]) => error === null).map(([name]) => name);
    const desired = new Set(this.desired.nodes.map((node) => node.name));
    this.waiting = new Set([...this.waiting, ...more].filter((name) => desired.has(name)));
  }

  /** Cancels all timers. */
  cancelRetries(): void {
    for (const retry of this.retries.values()) retry.cancel();
    this.driftRetry.cancel();
  }

  #remember(
    generation: number,
    desired: { readonly state: GraphState; readonly source: AppliedSource },
    result: HistoryEntry["result"],
  ): void {
    this.generation = generation;
    const entry = { generation, result, ...desired, appliedAt: this.#clock.wall().toISOString() };
    this.history = [...this.history.filter((one) => one.generation !== generation), entry].slice(-HISTORY_LENGTH);
  }

  #forgetNodes(): void {
    const names = new Set(this.desired.nodes.map((node) => node.name));
    for (const name of this.retries.keys()) if (!names.has(name)) this.endRetry(name);
    this.replies.removeExcept(names);
    for (const name of this.verified.keys()) if (!names.has(name)) this.verified.delete(name);
  }
}
