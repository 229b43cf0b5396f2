/**
 * One change of the topologies of one source: observe, plan, execute, record the result. The loop decides when, and
 * prevents other changes meanwhile.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { ScopeSnapshot } from "../../graph/data/snapshot.ts";
import { emptyState, type GraphState } from "../../graph/data/state.ts";
import { runCooperatively, type Task, yieldTurn } from "../../cooperative.ts";
import { applyPlans, type ApplyResult, closedBy, UndoFailed } from "../apply/apply.ts";
import { countConnections } from "../plan/connections.ts";
import { diffTask } from "../diff/diff.ts";
import { formersOf, holdsNodes, observeTask } from "../diff/observe.ts";
import { nodesEnded } from "../plan/make_before_break.ts";
import { createdBy, type Plan, planTask } from "../plan/plan.ts";
import { formatClosed } from "../plan/plan_text.ts";
import { checkPrecondition, type PlanPrecondition, preconditionOf } from "../plan/plan_precondition.ts";
import type { ReconcileOptions, ReconcilerOptions } from "./reconcile_options.ts";
import { startTraffic } from "../plan/step.ts";
import type { AppliedSource } from "../status/status_types.ts";
import type { Topology } from "./topology.ts";
import type { DesiredState } from "./desired_state.ts";

/** The change of one topology. */
export interface Change {
  readonly topology: Topology;
  readonly desiredState: DesiredState;
  readonly options: ReconcileOptions;
  /** Called when a message ends that was still in progress after the change. */
  readonly onLate: () => void;
}

/** Applies desired states, all or none, and records the result in each topology; in the order of the changes. */
export async function carryOut(
  base: ReconcilerOptions,
  changes: readonly Change[],
): Promise<readonly ApplyResult[]> {
  const { port, types, clock, yieldToLoop } = base;
  const drafts = await draftChanges(
    base,
    changes.map(({ topology, desiredState: { desired }, options }) => ({ ...options, topology, desired })),
  );
  const all = changes.flatMap((change, index) => {
    const draft = drafts[index];
    return draft === undefined ? [] : [{ ...change, ...draft }];
  });
  for (const { topology, desiredState: { desired }, options, observed } of all) {
    if (options.base !== undefined) {
      checkPrecondition(desired.name, options.base, await baseNow(base, topology, observed));
    }
  }
  for (const { plan, options } of all) {
    await options.onPlanned?.(plan);
    await yieldTurn(base);
  }
  const planned = all.map(({ topology, desiredState: { desired }, options, plan, observed, snapshot, onLate }) => {
    const failed = snapshot?.nodes.filter((node) => node.phase === "failed").map((node) => node.name ?? "") ?? [];
    const stopped = new Set([...failed, ...topology.waiting]);
    return {
      plan,
      options: { ...options, port, types, clock, desired, previous: observed, yieldToLoop, stopped, onLate },
    };
  });
  const results = await noting(changes, applyPlans(planned));
  for (const [index, change] of all.entries()) {
    const result = results[index];
    if (result !== undefined) await noteResult(base, change, result);
  }
  return results;
}

async function noteResult(base: ReconcilerOptions, change: Change & Draft, result: ApplyResult): Promise<void> {
  const { topology, desiredState: { desired, source }, options, observed, snapshot } = change;
  const { port } = base;
  if (result.kind === "unchanged" && topology.generation === 0) await port.openScope(desired.name);
  if (options.selfHeal !== undefined && (result.kind === "applied" || result.kind === "unchanged")) {
    topology.selfHeal = options.selfHeal;
  }
  await yieldTurn(base);
  note(topology, result, { desired, previous: observed, source, isRollback: options.unconfirmed === "clear" });
  await yieldTurn(base);
  if (result.kind === "applied") await topology.replies.record(port, desired, result.run.taken);
  if (result.kind === "applied" || result.kind === "unchanged") {
    if (await rearm(port, snapshot)) {
      const text = `"${desired.name}" was drained: it accepts connections again, and the open ones stay open`;
      options.onEvent?.({ kind: "noticed", result: "left", text });
    }
  }
  if (result.kind === "rolled-back") await topology.replies.record(port, observed, result.undo.run.taken);
}

/** Desired listeners accept connections, including drained ones. */
async function rearm(port: GraphPort, snapshot: ScopeSnapshot | null): Promise<boolean> {
  if (snapshot?.nodes.some((node) => node.report?.draining === true) !== true) return false;
  await port.send(`${snapshot.name}/:`, "undrain", null);
  return true;
}

/** Records the remains of a change that was ended by its signal and could not be rolled back. */
async function noting(
  changes: readonly Change[],
  applied: Promise<readonly ApplyResult[]>,
): Promise<readonly ApplyResult[]> {
  try {
    return await applied;
  } catch (error) {
    if (!(error instanceof UndoFailed)) throw error;
    for (const { topology } of changes) {
      const undoError = error.undoErrors.get(topology.name);
      if (undoError !== undefined) noteRemains(topology, undoError);
    }
    throw error.reason;
  }
}

/** The remains of a change must stay visible, even of a first generation. */
function noteRemains(topology: Topology, undoError: NetgraphError): void {
  topology.generation = Math.max(1, topology.generation);
  topology.stallCause = { reason: "RollbackFailed", message: undoError.message };
}

/** The observed state, and the plan that leads from there to the desired one. */
export interface Draft {
  readonly observed: GraphState;
  readonly plan: Plan;
  /** Null if nothing runs. */
  readonly snapshot: ScopeSnapshot | null;
}

/** The desired state of a topology, and how to apply it. */
export interface DraftRequest extends Pick<ReconcileOptions, "replace" | "again"> {
  readonly topology: Topology;
  readonly desired: GraphState;
}

/** Observes and plans one topology, like {@linkcode draftChanges}. */
export async function draftChange(base: ReconcilerOptions, request: DraftRequest): Promise<Draft> {
  const [draft] = await draftChanges(base, [request]);
  if (draft === undefined) throw new RangeError("Cannot plan nothing");
  return draft;
}

/**
 * Observes and plans topologies that change together: a resource of one is released before another acquires it.
 *
 * @throws NetgraphError ENOENT for a node to be replaced that is not in the desired state
 */
export async function draftChanges(
  base: ReconcilerOptions,
  requests: readonly DraftRequest[],
): Promise<readonly Draft[]> {
  for (const { desired, replace = [] } of requests) {
    const missing = replace.find((name) => !desired.nodes.some((node) => node.name === name));
    if (missing === undefined) continue;
    throw new NetgraphError("ENOENT", `Cannot replace "${missing}": topology "${desired.name}" has no such node`);
  }
  const seen = [];
  for (const request of requests) {
    const compared = await compareNow(base, request);
    seen.push({ request, ...compared, createdElsewhere: createdBy(request.desired.name, compared.diff) });
  }
  const drafts: Draft[] = [];
  for (const one of seen) {
    const { request: { topology, desired, again = false }, observed, snapshot, diff, how } = one;
    const connections = countConnections(base.types, snapshot);
    await yieldTurn(base);
    const others = seen.filter((other) => other !== one);
    const plan = await runCooperatively(
      planTask(observed, desired, {
        ...how,
        diff,
        createdElsewhere: others.flatMap((other) => other.createdElsewhere),
        removedElsewhere: others.flatMap((other) => nodesEnded(other.diff)),
        fromGeneration: again ? 0 : topology.generation,
        toGeneration: topology.generation + (again ? 0 : 1),
        connections,
      }),
      base,
    );
    const holds = plan.steps.length === 0 && holdsNodes(snapshot);
    drafts.push({ observed, plan: holds ? { ...plan, steps: [startTraffic(desired.name)] } : plan, snapshot });
  }
  return drafts;
}

async function compareNow(base: ReconcilerOptions, { topology, desired, replace = [] }: DraftRequest) {
  const { port, types } = base;
  const snapshot = await port.snapshot(desired.name);
  const observed = await runCooperatively(observedState(base, topology, snapshot), base);
  await yieldTurn(base);
  const how = { types, formers: formersOf(snapshot), replace: new Map(replace.map((name) => [name, "asked for"])) };
  return { snapshot, observed, how, diff: await runCooperatively(diffTask(observed, desired, how), base) };
}

/** The running state of a topology. */
export async function observeTopology(base: ReconcilerOptions, topology: Topology): Promise<GraphState> {
  return await runCooperatively(observedState(base, topology, await base.port.snapshot(topology.name)), base);
}

/** The precondition of a plan that is made now. */
export function baseNow(
  { types }: ReconcilerOptions,
  { generation }: Topology,
  observed: GraphState,
): Promise<PlanPrecondition> {
  return preconditionOf(observed, { types, generation });
}

function* observedState(
  { types }: ReconcilerOptions,
  topology: Topology,
  snapshot: ScopeSnapshot | null,
): Task<GraphState> {
  if (snapshot === null) return emptyState(topology.name);
  const { generation, desired, waiting } = topology;
  return yield* observeTask(snapshot, { types, expected: generation === 0 ? null : desired, waiting });
}

/** The failure of a change, and the parts that cannot be rolled back. */
export function problemMessage(result: Extract<ApplyResult, { readonly kind: "failed" | "rolled-back" }>): string {
  return `${result.error.message}${formatClosed(closedBy(result))}`;
}

function note(
  topology: Topology,
  result: ApplyResult,
  about: { desired: GraphState; previous: GraphState; source: AppliedSource; isRollback: boolean },
): void {
  const { desired, previous, source, isRollback } = about;
  switch (result.kind) {
    case "unchanged":
      return topology.generation === 0
        ? topology.succeed(1, { state: desired, source })
        : topology.update(desired, source);
    case "applied":
      topology.rename(result.plan.renames ?? new Map());
      topology.succeed(result.plan.toGeneration, { state: desired, source });
      topology.noteVerified(result.plan, desired, result.verified);
      topology.noteWaiting(result.run.blocked);
      return;
    case "failed":
      topology.fail(result.plan.toGeneration, { state: desired, source }, {
        reason: "ApplyFailed",
        message: problemMessage(result),
      });
      topology.noteWaiting(result.run.blocked);
      return;
    case "rolled-back":
      // A client's rollback that failed leaves nothing to be done: the running state is as it was.
      if (!isRollback) topology.stallCause = { reason: "RolledBack", message: problemMessage(result) };
      topology.noteVerified(result.undo.plan, previous, result.undo.verified);
      topology.noteWaiting(result.undo.run.blocked);
      return;
    case "rollback-failed":
      noteRemains(topology, result.undoError);
  }
}
