/**
 * Plans for clients: for each topology the steps, and known conflicts.
 *
 * @module
 */

import type { PlanRequest, PlanResult } from "../api/operations/apply.ts";
import { emptyState, type GraphState } from "../graph/data/state.ts";
import { type Pace, runCooperatively } from "../cooperative.ts";
import type { Reconciler } from "../reconcile/loop/loop.ts";
import type { OtherTopologyNode } from "../reconcile/plan/order.ts";
import { createdIn } from "../reconcile/plan/plan.ts";
import { describeConflict, type PlanConflict } from "../reconcile/plan/plan_conflicts.ts";
import { renderPlanTask } from "../reconcile/plan/plan_text.ts";
import { replacements } from "./replace.ts";
import { groupBySource } from "./source_groups.ts";

/** The effects of applying a request; changes nothing. */
export async function planRequested(
  { planner, desired }: Pick<Reconciler, "planner" | "desired">,
  request: PlanRequest,
  pace: Pace,
): Promise<readonly PlanResult[]> {
  const { topologies, remove = [], pinned = false } = request;
  const replace = replacements(request);
  const future = new Map<string, GraphState | null>(topologies.map(({ state }) => [state.name, state]));
  for (const name of remove) future.set(name, null);
  const results = new Map<string, PlanResult>();
  const awaited = (name: string): readonly string[] => {
    const why = request.confirms === true ? null : planner.awaited(name);
    return why === null ? [] : [why];
  };
  const removed = desired.flatMap(({ state: { name }, source }) => remove.includes(name) ? [{ name, source }] : []);
  const createdElsewhere: OtherTopologyNode[] = [];
  for (const group of groupBySource(request, removed)) {
    const changes = group.topologies.map(({ state }) => ({ state, replace: replace(state.name) }));
    // Planned with the removed ones, which release their addresses first, as they are applied.
    const removals = group.removed.map(({ name }) => ({ state: emptyState(name) }));
    const drafts = (await planner.planTogether([...changes, ...removals], { pinned })).slice(0, changes.length);
    for (const { plan } of drafts) {
      createdElsewhere.push(...createdIn(plan, future.get(plan.topology) ?? emptyState("")));
    }
    const conflicts = await planner.conflicts(drafts.map(({ plan }) => plan), future);
    for (const { plan, base } of drafts) {
      const taken = conflicts.get(plan.topology)?.map((one) => conflictText(plan.topology, one)) ?? [];
      results.set(plan.topology, {
        ...await runCooperatively(renderPlanTask(plan), pace),
        ...(base === undefined ? {} : { base }),
        ...conflictsOf([...awaited(plan.topology), ...taken]),
      });
    }
  }
  const planned = topologies.flatMap(({ state }) => results.get(state.name) ?? []);
  for (const name of remove) {
    const { plan, base } = await planner.planRemoval(name, createdElsewhere);
    planned.push({
      ...await runCooperatively(renderPlanTask(plan), pace),
      ...(pinned ? { base } : {}),
      ...conflictsOf(awaited(name)),
    });
  }
  return planned;
}

function conflictsOf(conflicts: readonly string[]): Pick<PlanResult, "conflicts"> {
  return conflicts.length === 0 ? {} : { conflicts };
}

function conflictText(topology: string, conflict: PlanConflict): string {
  return `Cannot apply "${topology}": ${describeConflict(topology, conflict)}`;
}
