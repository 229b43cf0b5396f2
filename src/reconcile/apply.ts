/**
 * A plan as a transaction: carried out, verified by reading back, and undone when a step fails.
 *
 * Undoing is nothing else than looking again and planning the way back.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { emptyState, type GraphState } from "../graph/state.ts";
import { inPieces } from "../pace.ts";
import { putBack } from "./aside.ts";
import { comparing, isEmptyDiff } from "./diff.ts";
import { formersOf, observe, observing } from "./observe.ts";
import { type Plan, planning } from "./plan.ts";
import { type RunEvent, type RunOptions, type RunOutcome, runPlan, type StepFailure } from "./run.ts";
import { release, setGeneration, type Step } from "./step.ts";
import { verifySteps } from "./verify.ts";

/** What happens during an apply, in order. */
export type ApplyEvent =
  | RunEvent
  /** What runs was read; this is going to happen. */
  | { readonly kind: "planned"; readonly plan: Plan }
  | { readonly kind: "undo-started"; readonly plan: Plan }
  | { readonly kind: "undo-done" };

/** What an apply needs. */
export interface ApplyOptions extends Omit<RunOptions, "onEvent"> {
  /** What ran before: where undoing leads. */
  readonly former: GraphState;
  /** False to leave what a failing step left. */
  readonly rollback?: boolean;
  readonly onEvent?: ((event: ApplyEvent) => void) | undefined;
}

/** How an apply ended. */
export type ApplyResult =
  | { readonly kind: "unchanged"; readonly plan: Plan }
  | {
    readonly kind: "applied";
    readonly plan: Plan;
    readonly run: RunOutcome;
    /** Messages whose effect was seen by reading back. */
    readonly verified: ReadonlySet<Step>;
  }
  /** A step failed, and what had been done until then stays. */
  | ({ readonly kind: "failed"; readonly plan: Plan; readonly run: RunOutcome } & StepFailure)
  /** A step failed; what ran before runs again. */
  | ({ readonly kind: "rolled-back"; readonly plan: Plan; readonly undo: Undone } & StepFailure)
  | ({ readonly kind: "rollback-failed"; readonly plan: Plan; readonly undoError: NetgraphError } & StepFailure);

/** The way back, taken. */
export interface Undone {
  readonly plan: Plan;
  readonly run: RunOutcome;
  readonly verified: ReadonlySet<Step>;
}

/** Thrown when an apply was ended by its signal, and undoing it failed. */
export class UndoFailed extends Error {
  override readonly name: string = "UndoFailed";
  /** The signal's reason. */
  readonly reason: unknown;
  /** Why undoing failed. */
  readonly undoError: NetgraphError;

  constructor(reason: unknown, undoError: NetgraphError) {
    super(`The apply was ended, and undoing it failed: ${undoError.message}`);
    this.reason = reason;
    this.undoError = undoError;
  }
}

/**
 * Carries out a plan that leads to `options.wanted`.
 *
 * @throws the signal's reason when it aborts, what had been done being undone; UndoFailed where it is not
 */
export async function applyPlan(plan: Plan, options: ApplyOptions): Promise<ApplyResult> {
  if (plan.steps.length === 0) return { kind: "unchanged", plan };
  options.signal?.throwIfAborted();
  if (plan.fromGeneration === 0) await openScope(options, plan.topology);
  const run = await runPlan(plan, options);
  const aborted = run.aborted !== undefined;
  const verification = run.failure === null && !aborted ? await verifySteps(run.taken, options) : null;
  const failure = run.failure ?? verification?.failure ?? null;
  if (failure === null && !aborted) {
    return { kind: "applied", plan, run, verified: verification?.verified ?? new Set() };
  }
  if (options.rollback === false && failure !== null) return { kind: "failed", plan, run, ...failure };
  const undone = await undo(plan, options);
  if (failure === null) throw undone instanceof NetgraphError ? new UndoFailed(run.aborted, undone) : run.aborted;
  if (undone instanceof NetgraphError) return { kind: "rollback-failed", plan, undoError: undone, ...failure };
  return { kind: "rolled-back", plan, undo: undone, ...failure };
}

async function openScope(options: ApplyOptions, name: string): Promise<void> {
  try {
    await options.port.openScope(name);
  } catch (error) {
    // An earlier attempt that was not rolled back has opened it.
    if (!(error instanceof NetgraphError) || error.code !== "EEXIST") throw error;
  }
}

/**
 * Goes back to what ran before, and looks whether it does. When that fails it is tried once more: what failed may not
 * fail again, and if it does, all else shall be back nevertheless.
 */
async function undo(plan: Plan, options: ApplyOptions): Promise<Undone | NetgraphError> {
  const touched = new Set(plan.steps.map((step) => step.node));
  const first = await undoOnce(plan, options, touched);
  if (!(first instanceof NetgraphError)) return first;
  const second = await undoOnce(plan, { ...options, lenient: true, onEvent: undefined }, touched);
  if (second instanceof NetgraphError) return first;
  options.onEvent?.({ kind: "undo-done" });
  return second;
}

async function undoOnce(
  plan: Plan,
  options: ApplyOptions,
  touched: Set<string | null>,
): Promise<Undone | NetgraphError> {
  try {
    return await tryUndo(plan, options, touched);
  } catch (error) {
    if (error instanceof NetgraphError) return error; // The graph itself cannot be seen, or not be closed.
    throw error;
  }
}

async function tryUndo(
  plan: Plan,
  options: ApplyOptions,
  touched: Set<string | null>,
): Promise<Undone | NetgraphError> {
  const { port, types, former, stopped, onEvent } = options;
  const back = await planBack(plan, options, touched);
  for (const step of back.steps) touched.add(step.node);
  onEvent?.({ kind: "undo-started", plan: back });
  // What is undone is not undone half: the signal that ended the apply does not end this.
  const run = await runPlan(back, { ...options, wanted: former, signal: undefined });
  const failure = run.failure?.error ?? run.forgiven;
  if (failure !== null) return failure;
  const verification = await verifySteps(run.taken, { ...options, wanted: former });
  if (verification.failure !== null) return verification.failure.error;
  const waiting = new Set([...stopped ?? [], ...run.blocked.keys()]);
  const now = await observe(port, plan.topology, { ...options, expected: former, waiting });
  if (!isEmptyDiff(await inPieces(comparing(now, former, { types }), options))) {
    return new NetgraphError("EIO", `Cannot undo the change of "${plan.topology}": what runs is not what ran before`);
  }
  if (plan.fromGeneration === 0) await port.closeScope(plan.topology);
  onEvent?.({ kind: "undo-done" });
  return { plan: back, run, verified: verification.verified };
}

/** The plan from what a failed plan left to what ran before it. */
async function planBack(plan: Plan, options: ApplyOptions, touched: ReadonlySet<string | null>): Promise<Plan> {
  const { port, types, former, stopped = new Set() } = options;
  const { topology, fromGeneration: toGeneration, toGeneration: fromGeneration } = plan;
  const snapshot = await port.snapshot(topology);
  // A node that the plan has begun to change is not on its way to what it was: only the others may be. And if it has
  // failed, then what it was told says nothing about what it is.
  const expected = { ...former, nodes: former.nodes.filter((node) => !touched.has(node.name)) };
  const left = snapshot === null
    ? emptyState(topology)
    : await inPieces(observing(snapshot, { types, expected, waiting: stopped }), options);
  const { state: observed, steps: first } = putBack(left, plan.asides ?? new Map());
  const restored = new Set(first.map((step) => step.node));
  const failed = snapshot?.nodes.filter((node) => node.phase === "failed" && touched.has(node.name)) ?? [];
  const replace = new Map(
    failed.filter((node) => !restored.has(node.name)).map((node) => [node.name ?? "", "it failed"]),
  );
  const how = { types, fromGeneration, toGeneration, replace, formers: formersOf(snapshot) };
  const back = await inPieces(planning(observed, former, how), options);
  const [numbering, ...rest] = back.steps;
  if (numbering !== undefined) return { ...back, steps: [numbering, ...first, ...rest] };
  // Though nothing differs, nodes may still be held, and what comes next belongs to the former generation.
  return { ...back, toGeneration, steps: [setGeneration(topology, toGeneration), ...first, release(topology)] };
}
