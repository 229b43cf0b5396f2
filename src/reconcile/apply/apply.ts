/**
 * Plans as a transaction: executed, verified by reading back, and rolled back if a step fails.
 *
 * A rollback observes the state again and plans the way back.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { emptyState, type GraphState } from "../../graph/data/state.ts";
import { runCooperatively } from "../../cooperative.ts";
import { countConnections, renameConnections } from "../plan/connections.ts";
import { restoreNames } from "../plan/make_before_break.ts";
import { diffTask, type GraphDiff, isEmptyDiff } from "../diff/diff.ts";
import { formersOf, observe, observeTask } from "../diff/observe.ts";
import { createdBy, type Plan, type PlanOptions, planTask } from "../plan/plan.ts";
import { type RunOptions, type RunOutcome, runPlans, type StepFailure } from "./run.ts";
import { setGeneration, startTraffic, type Step } from "../plan/step.ts";
import { verifySteps } from "./verify.ts";

/** The input of an apply. */
export interface ApplyOptions extends RunOptions {
  /** The state before: the goal of a rollback. */
  readonly previous: GraphState;
  /** False to keep the state after a failed step. */
  readonly rollback?: boolean;
}

/** The reason for a rollback. */
export interface Undoing {
  /** The step that failed; null if it belongs to another topology of the same change. */
  readonly step: Step | null;
  readonly error: NetgraphError;
}

/** The result of an apply. */
export type ApplyResult =
  | { readonly kind: "unchanged"; readonly plan: Plan }
  | {
    readonly kind: "applied";
    readonly plan: Plan;
    readonly run: RunOutcome;
    /** Messages whose effect was verified by reading back. */
    readonly verified: ReadonlySet<Step>;
    /** For a removed topology: the number of closed connections. */
    readonly closed?: number;
  }
  /** A step failed, and the earlier steps stay. */
  | ({ readonly kind: "failed"; readonly plan: Plan; readonly run: RunOutcome } & StepFailure)
  /** A step failed; the earlier state runs again, except for the connections that were closed. */
  | ({ readonly kind: "rolled-back"; readonly plan: Plan; readonly undo: Undone; readonly closed: number } & Undoing)
  | ({
    readonly kind: "rollback-failed";
    readonly plan: Plan;
    readonly undoError: NetgraphError;
    readonly closed: number;
  } & Undoing);

/** The executed rollback. */
export interface Undone {
  readonly plan: Plan;
  readonly run: RunOutcome;
  readonly verified: ReadonlySet<Step>;
}

/** The number of connections that an apply closed, including its rollback. */
export function closedBy(result: ApplyResult): number {
  switch (result.kind) {
    case "unchanged":
      return 0;
    case "applied":
      return result.closed ?? result.plan.summary.closed;
    case "failed":
      return closedSteps(result.run.taken);
    case "rolled-back":
    case "rollback-failed":
      return result.closed;
  }
}

function closedSteps(steps: readonly Step[]): number {
  return steps.reduce((sum, { connections }) => sum + (connections?.closed ?? 0), 0);
}

/** Thrown if an apply was ended by its signal, and its rollback failed. */
export class UndoFailed extends Error {
  override readonly name: string = "UndoFailed";
  /** The signal's reason. */
  readonly reason: unknown;
  /** The errors of the rollback, by topology. */
  readonly undoErrors: ReadonlyMap<string, NetgraphError>;

  constructor(reason: unknown, undoErrors: ReadonlyMap<string, NetgraphError>) {
    super(`The apply was interrupted, and rolling it back failed: ${[...undoErrors.values()][0]?.message}`);
    this.reason = reason;
    this.undoErrors = undoErrors;
  }
}

/** A plan, and what its execution needs. */
export interface PlannedChange {
  readonly plan: Plan;
  readonly options: ApplyOptions;
}

/**
 * Executes plans that lead to each one's `options.wanted`, as one transaction: if a step of one fails, all are rolled
 * back. With `rollback: false`, each continues as far as possible.
 *
 * @returns the results, in the order of the changes
 * @throws the signal's reason if it aborts, after the rollback; UndoFailed if that failed
 */
export async function applyPlans(changes: readonly PlannedChange[]): Promise<readonly ApplyResult[]> {
  const active = changes.filter(({ plan }) => plan.steps.length > 0);
  const results = new Map<PlannedChange, ApplyResult>();
  for (const change of changes) results.set(change, { kind: "unchanged", plan: change.plan });
  const [first] = active;
  if (first !== undefined) {
    for (const [change, result] of await applyActive(active, first.options)) results.set(change, result);
  }
  return [...results.values()];
}

/** The progress of a change. */
interface Attempt extends PlannedChange {
  readonly change: PlannedChange;
  readonly run: RunOutcome;
  readonly failure: StepFailure | null;
  readonly verified: ReadonlySet<Step>;
}

async function applyActive(
  changes: readonly PlannedChange[],
  { signal, rollback, clock }: ApplyOptions,
): Promise<ReadonlyMap<PlannedChange, ApplyResult>> {
  signal?.throwIfAborted();
  for (const { plan, options } of changes) {
    if (plan.fromGeneration === 0) await openScope(options, plan.topology);
  }
  const independent = rollback === false;
  const runs = await runPlans(changes, { clock, independent });
  const stopped = runs.some((run) => run.aborted !== undefined || (run.failure !== null && !independent));
  const attempts: Attempt[] = [];
  for (const [index, change] of changes.entries()) {
    const run = runs[index];
    if (run === undefined) continue;
    const verification = stopped || run.failure !== null ? null : await verifySteps(run.taken, change.options);
    const failure = run.failure ?? verification?.failure ?? null;
    attempts.push({ ...change, change, run, failure, verified: verification?.verified ?? new Set() });
  }
  const culprit = attempts.find(({ failure }) => failure !== null);
  const aborted = runs.find((run) => run.aborted !== undefined);
  const closed: Closed = new Map(attempts.map(({ plan, run }) => [plan.topology, closedSteps(run.taken)]));
  if (culprit === undefined && aborted !== undefined) {
    // No step has failed: only the steps of the rollback are reported.
    const errors = [...await undo(changes, closed, { announces: false })].flatMap(([{ plan }, one]) => {
      return one instanceof NetgraphError ? [[plan.topology, one] as const] : [];
    });
    throw errors.length > 0 ? new UndoFailed(aborted.aborted, new Map(errors)) : aborted.aborted;
  }
  if (culprit === undefined || independent) {
    return new Map(attempts.map((one) => [one.change, resultOf(one)]));
  }
  const rolledBack = await undo(changes, closed);
  return new Map(attempts.map(({ change, failure }): [PlannedChange, ApplyResult] => {
    const { plan } = change;
    const why = { ...failure ?? { step: null, error: sharedFailure(culprit) }, closed: closed.get(plan.topology) ?? 0 };
    const one = rolledBack.get(change) ?? new NetgraphError("EIO", `Cannot roll back the change of "${plan.topology}"`);
    if (one instanceof NetgraphError) return [change, { kind: "rollback-failed", plan, undoError: one, ...why }];
    return [change, { kind: "rolled-back", plan, undo: one, ...why }];
  }));
}

function resultOf({ plan, run, failure, verified }: Attempt): ApplyResult {
  return failure === null ? { kind: "applied", plan, run, verified } : { kind: "failed", plan, run, ...failure };
}

function sharedFailure({ plan, failure }: Attempt): NetgraphError {
  const message = `Rolled back with its source, because the change of "${plan.topology}" failed`;
  return new NetgraphError(failure?.error.code ?? "EIO", message);
}

async function openScope(options: ApplyOptions, name: string): Promise<void> {
  try {
    await options.port.openScope(name);
  } catch (error) {
    // It was opened by an earlier attempt that was not rolled back.
    if (!(error instanceof NetgraphError) || error.code !== "EEXIST") throw error;
  }
}

type Undoings = ReadonlyMap<PlannedChange, Undone | NetgraphError>;
/** The number of closed connections, by topology. */
type Closed = Map<string, number>;

/**
 * Rolls back to the earlier state, and verifies it. If that fails it is retried once: the step may succeed then, and
 * otherwise everything else is restored.
 */
async function undo(
  changes: readonly PlannedChange[],
  closed: Closed,
  { announces = true }: { readonly announces?: boolean } = {},
): Promise<Undoings> {
  const touched = new Map(changes.map((change) => {
    return [change, new Set(change.plan.steps.map((step) => step.node))] as const;
  }));
  const first = await undoOnce(changes, { touched, closed, announces });
  if ([...first.values()].every((one) => !(one instanceof NetgraphError))) return first;
  const again = changes.map(({ plan, options }) => ({
    plan,
    options: { ...options, lenient: true, onEvent: undefined },
  }));
  const touchedAgain = new Map(again.map((change, index) => {
    const previous = changes[index];
    return [change, (previous === undefined ? undefined : touched.get(previous)) ?? new Set<string | null>()] as const;
  }));
  const second = await undoOnce(again, { touched: touchedAgain, closed, announces: false });
  return new Map(changes.map((change, index) => {
    const earlier = first.get(change);
    const retried = again[index];
    const later = retried === undefined ? undefined : second.get(retried);
    if (later !== undefined && !(later instanceof NetgraphError)) return [change, later];
    return [change, earlier instanceof NetgraphError || later === undefined ? earlier ?? missing(change) : later];
  }));
}

function missing({ plan }: PlannedChange): NetgraphError {
  return new NetgraphError("EIO", `Cannot roll back the change of "${plan.topology}"`);
}

type Touched = ReadonlyMap<PlannedChange, Set<string | null>>;

/** The shared notes of the attempts to roll back a change. */
interface UndoNotes {
  /** The nodes of executed steps. */
  readonly touched: Touched;
  readonly closed: Closed;
  /** True if the rollback is announced as the consequence of a failed step. */
  readonly announces: boolean;
}

async function undoOnce(changes: readonly PlannedChange[], notes: UndoNotes): Promise<Undoings> {
  try {
    return await tryUndo(changes, notes);
  } catch (error) {
    // The graph itself cannot be observed, or not be closed.
    if (error instanceof NetgraphError) return new Map(changes.map((change) => [change, error]));
    throw error;
  }
}

async function tryUndo(
  changes: readonly PlannedChange[],
  { touched, closed, announces }: UndoNotes,
): Promise<Undoings> {
  const backs = await planBack(changes, touched);
  for (const [change, back] of backs) {
    for (const step of back.steps) touched.get(change)?.add(step.node);
    if (announces) change.options.onEvent?.({ kind: "undo", topology: back.topology });
  }
  // A rollback is completed: the signal that ended the apply does not end it.
  const jobs = [...backs].map(([{ options }, plan]) => {
    return { plan, options: { ...options, desired: options.previous, signal: undefined } };
  });
  const [one] = jobs;
  const runs = one === undefined ? [] : await runPlans(jobs, { clock: one.options.clock, independent: true });
  const rolledBack = new Map<PlannedChange, Undone | NetgraphError>();
  for (const [index, [change, plan]] of [...backs].entries()) {
    const run = runs[index];
    if (run === undefined) continue;
    closed.set(plan.topology, (closed.get(plan.topology) ?? 0) + closedSteps(run.taken));
    rolledBack.set(change, await confirmUndone(change, plan, run));
  }
  return rolledBack;
}

/** Verifies that the earlier state runs again. */
async function confirmUndone(
  { plan: { topology, fromGeneration }, options }: PlannedChange,
  back: Plan,
  run: RunOutcome,
): Promise<Undone | NetgraphError> {
  const { port, types, previous, stopped } = options;
  const failure = run.failure?.error ?? run.forgiven;
  if (failure !== null) return failure;
  const verification = await verifySteps(run.taken, { ...options, desired: previous });
  if (verification.failure !== null) return verification.failure.error;
  const waiting = new Set([...stopped ?? [], ...run.blocked.keys()]);
  const now = await observe(port, topology, { ...options, expected: previous, waiting });
  if (!isEmptyDiff(await runCooperatively(diffTask(now, previous, { types }), options))) {
    return new NetgraphError(
      "EIO",
      `Cannot roll back the change of "${topology}": the observed state is not the previous one`,
    );
  }
  if (fromGeneration === 0) await port.closeScope(topology);
  return { plan: back, run, verified: verification.verified };
}

/** The plans from the state after failed plans to the state before them. */
async function planBack(
  changes: readonly PlannedChange[],
  touched: Touched,
): Promise<ReadonlyMap<PlannedChange, Plan>> {
  const ways: WayBack[] = [];
  for (const change of changes) ways.push(await wayBack(change, touched.get(change) ?? new Set()));
  const plans = new Map<PlannedChange, Plan>();
  for (const way of ways) {
    const { change: { plan, options }, observed, first, how } = way;
    const createdElsewhere = ways.flatMap((other) =>
      other === way ? [] : createdBy(other.change.plan.topology, other.diff)
    );
    const back = await runCooperatively(
      planTask(observed, options.previous, { ...how, diff: way.diff, createdElsewhere }),
      options,
    );
    plans.set(way.change, withFirst(back, first, { topology: plan.topology, toGeneration: how.toGeneration }));
  }
  return plans;
}

interface WayBack {
  readonly change: PlannedChange;
  readonly observed: GraphState;
  /** First, old nodes get their own names back. */
  readonly first: readonly Step[];
  readonly how: PlanOptions;
  readonly diff: GraphDiff;
}

async function wayBack(change: PlannedChange, touched: ReadonlySet<string | null>): Promise<WayBack> {
  const { plan, options } = change;
  const { port, types, previous, stopped = new Set() } = options;
  const { topology, fromGeneration: toGeneration, toGeneration: fromGeneration } = plan;
  const snapshot = await port.snapshot(topology);
  // A node that the plan has started to change is not converging to its earlier state: only the others may be. And if
  // it has failed, its messages do not describe it.
  const expected = { ...previous, nodes: previous.nodes.filter((node) => !touched.has(node.name)) };
  const left = snapshot === null
    ? emptyState(topology)
    : await runCooperatively(observeTask(snapshot, { types, expected, waiting: stopped }), options);
  const temporaryNames = plan.temporaryNames ?? new Map<string, string>();
  const { state: observed, steps: first } = restoreNames(left, temporaryNames);
  const restored = new Set(first.map((step) => step.node));
  const failed = snapshot?.nodes.filter((node) => node.phase === "failed" && touched.has(node.name)) ?? [];
  const replace = new Map(
    failed.filter((node) => !restored.has(node.name)).map((node) => [node.name ?? "", "it failed"]),
  );
  // The new nodes of the plan block the earlier state.
  const how: PlanOptions = {
    types,
    fromGeneration,
    toGeneration,
    replace,
    formers: formersOf(snapshot),
    connections: renameConnections(countConnections(types, snapshot), temporaryNames),
    prepares: false,
  };
  return { change, observed, first, how, diff: await runCooperatively(diffTask(observed, previous, how), options) };
}

function withFirst(
  back: Plan,
  first: readonly Step[],
  { topology, toGeneration }: { readonly topology: string; readonly toGeneration: number },
): Plan {
  const [numbering, ...rest] = back.steps;
  // Even without differences, nodes may still be held, and later nodes must belong to the earlier generation.
  if (numbering === undefined) {
    return { ...back, toGeneration, steps: [setGeneration(topology, toGeneration), ...first, startTraffic(topology)] };
  }
  const from = back.parts ?? { release: 0, acquire: 0, remove: back.steps.length };
  const more = first.length;
  const parts = { release: from.release + more, acquire: from.acquire + more, remove: from.remove + more };
  return { ...back, steps: [numbering, ...first, ...rest], parts };
}
