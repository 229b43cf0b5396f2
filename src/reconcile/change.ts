/**
 * One change of one topology: look, plan, carry out, note how it went. The loop decides when, and lets nothing else
 * change the topology meanwhile.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { GraphPort } from "../graph/port.ts";
import type { ScopeSnapshot } from "../graph/snapshot.ts";
import { emptyState, type GraphState } from "../graph/state.ts";
import { inPieces, rest, type Work } from "../pace.ts";
import { applyPlan, type ApplyResult, UndoFailed } from "./apply.ts";
import { countConnections } from "./connections.ts";
import { formersOf, holdsNodes, observing } from "./observe.ts";
import { type Plan, planning } from "./plan.ts";
import { baseOf, type PlanBase, requireBase } from "./plan_base.ts";
import type { ReconcileOptions, ReconcilerOptions } from "./reconcile_options.ts";
import { release } from "./step.ts";
import type { SourceStatus } from "./status_types.ts";
import type { Topology } from "./topology.ts";
import type { Wish } from "./wish.ts";

/** Makes a topology as it is wished, and notes in it how that went. */
export async function carryOut(
  base: ReconcilerOptions,
  topology: Topology,
  how: { readonly wish: Wish; readonly options: ReconcileOptions; readonly onLate: () => void },
): Promise<ApplyResult> {
  const { wish: { wanted, source }, options, onLate } = how;
  const { port, types, clock, breathe } = base;
  const { onEvent } = options;
  const { observed, plan, snapshot } = await draftChange(base, topology, { wanted, ...options });
  if (options.base !== undefined) requireBase(wanted.name, options.base, await baseNow(base, topology, observed));
  onEvent?.({ kind: "planned", plan });
  await options.onPlanned?.(plan);
  await rest(base);
  const failed = snapshot?.nodes.filter((node) => node.phase === "failed").map((node) => node.name ?? "") ?? [];
  const stopped = new Set([...failed, ...topology.waiting]);
  const result = await noting(
    topology,
    applyPlan(plan, { ...options, port, types, clock, wanted, former: observed, breathe, stopped, onLate }),
  );
  if (result.kind === "unchanged" && topology.generation === 0) await port.openScope(wanted.name);
  if (options.selfHeal !== undefined && (result.kind === "applied" || result.kind === "unchanged")) {
    topology.selfHeal = options.selfHeal;
  }
  await rest(base);
  note(topology, result, { wanted, former: observed, source });
  await rest(base);
  if (result.kind === "applied") await topology.replies.note(port, wanted, result.run.taken);
  if (result.kind === "applied" || result.kind === "unchanged") await rearm(port, snapshot);
  if (result.kind === "rolled-back") await topology.replies.note(port, observed, result.undo.run.taken);
  return result;
}

/** What is wanted takes connections: listeners that were drained do so again. */
async function rearm(port: GraphPort, snapshot: ScopeSnapshot | null): Promise<void> {
  if (snapshot?.nodes.some((node) => node.report?.draining === true) !== true) return;
  await port.send(`${snapshot.name}/:`, "undrain", null);
}

/** Notes what is left of a change that was ended by its signal and could not be undone. */
async function noting(topology: Topology, applied: Promise<ApplyResult>): Promise<ApplyResult> {
  try {
    return await applied;
  } catch (error) {
    if (!(error instanceof UndoFailed)) throw error;
    noteRemains(topology, error.undoError);
    throw error.reason;
  }
}

/** What is left of a change must stay in sight, even of a first generation. */
function noteRemains(topology: Topology, undoError: NetgraphError): void {
  topology.generation = Math.max(1, topology.generation);
  topology.trouble = { reason: "RollbackFailed", message: undoError.message };
}

/** What runs, and the plan that leads from there to what is wanted. */
export interface Draft {
  readonly observed: GraphState;
  readonly plan: Plan;
  /** Null when nothing runs. */
  readonly snapshot: ScopeSnapshot | null;
}

/**
 * Looks and plans.
 *
 * @throws NetgraphError ENOENT for a node to be replaced that is not wanted
 */
export async function draftChange(
  base: ReconcilerOptions,
  topology: Topology,
  how: Pick<ReconcileOptions, "replace" | "again"> & { readonly wanted: GraphState },
): Promise<Draft> {
  const { wanted, replace = [], again = false } = how;
  const { port, types } = base;
  const missing = replace.find((name) => !wanted.nodes.some((node) => node.name === name));
  if (missing !== undefined) {
    throw new NetgraphError("ENOENT", `Cannot replace "${missing}": topology "${wanted.name}" has no such node`);
  }
  const snapshot = await port.snapshot(wanted.name);
  const observed = await inPieces(observedState(base, topology, snapshot), base);
  await rest(base);
  const connections = countConnections(types, snapshot);
  const formers = formersOf(snapshot);
  await rest(base);
  const plan = await inPieces(
    planning(observed, wanted, {
      types,
      fromGeneration: again ? 0 : topology.generation,
      toGeneration: topology.generation + (again ? 0 : 1),
      connections,
      formers,
      replace: new Map(replace.map((name) => [name, "asked for"])),
    }),
    base,
  );
  if (plan.steps.length > 0 || !holdsNodes(snapshot)) return { observed, plan, snapshot };
  return { observed, plan: { ...plan, steps: [release(wanted.name)] }, snapshot };
}

/** What runs of a topology. */
export async function observeTopology(base: ReconcilerOptions, topology: Topology): Promise<GraphState> {
  return await inPieces(observedState(base, topology, await base.port.snapshot(topology.name)), base);
}

/** What a plan that is made now is made against. */
export function baseNow(
  { types }: ReconcilerOptions,
  { generation }: Topology,
  observed: GraphState,
): Promise<PlanBase> {
  return baseOf(observed, { types, generation });
}

function* observedState(
  { types }: ReconcilerOptions,
  topology: Topology,
  snapshot: ScopeSnapshot | null,
): Work<GraphState> {
  if (snapshot === null) return emptyState(topology.name);
  const { generation, wanted, waiting } = topology;
  return yield* observing(snapshot, { types, expected: generation === 0 ? null : wanted, waiting });
}

function note(
  topology: Topology,
  result: ApplyResult,
  about: { wanted: GraphState; former: GraphState; source: SourceStatus },
): void {
  const { wanted, former, source } = about;
  switch (result.kind) {
    case "unchanged":
      return topology.generation === 0
        ? topology.succeed(1, { state: wanted, source })
        : topology.update(wanted, source);
    case "applied":
      topology.rename(result.plan.renames ?? new Map());
      topology.succeed(result.plan.toGeneration, { state: wanted, source });
      topology.noteVerified(result.plan, wanted, result.verified);
      topology.noteWaiting(result.run.blocked);
      return;
    case "failed":
      topology.fail(result.plan.toGeneration, { state: wanted, source }, {
        reason: "ApplyFailed",
        message: result.error.message,
      });
      topology.noteWaiting(result.run.blocked);
      return;
    case "rolled-back":
      topology.trouble = { reason: "RolledBack", message: result.error.message };
      topology.noteVerified(result.undo.plan, former, result.undo.verified);
      topology.noteWaiting(result.undo.run.blocked);
      return;
    case "rollback-failed":
      noteRemains(topology, result.undoError);
  }
}
