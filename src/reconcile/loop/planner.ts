/**
 * The effects of changes, and the preconditions of their plans. Changes nothing.
 *
 * @module
 */

import { baseNow, draftChanges, observeTopology } from "./change.ts";
import type { TopologyChange } from "./changer.ts";
import { whyAwaited } from "./confirm.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { runCooperatively } from "../../cooperative.ts";
import { countConnections } from "../plan/connections.ts";
import type { OtherTopologyNode } from "../plan/order.ts";
import type { Plan } from "../plan/plan.ts";
import { checkPrecondition, type PlanPrecondition } from "../plan/plan_precondition.ts";
import { findConflicts, type PlanConflict } from "../plan/plan_conflicts.ts";
import { planRemoval } from "../plan/plan_removal.ts";
import type { ReconcilerOptions } from "./reconcile_options.ts";
import type { Topologies } from "./topologies.ts";

/** Plans changes. */
export class Planner {
  readonly #options: ReconcilerOptions;
  readonly #topologies: Topologies;

  constructor(options: ReconcilerOptions, topologies: Topologies) {
    this.#options = options;
    this.#topologies = topologies;
  }

  /** The effects of `Reconciler.applyTogether`, and if `pinned` the precondition of the plan. */
  async planTogether(
    changes: readonly Pick<TopologyChange, "state" | "replace">[],
    { pinned }: { readonly pinned: boolean },
  ): Promise<readonly { readonly plan: Plan; readonly base?: PlanPrecondition }[]> {
    const requests = changes.map(({ state: desired, ...options }) => {
      return { ...options, topology: this.#topologies.knownOrNew(desired.name), desired };
    });
    const plans = [];
    for (const [index, { plan, observed }] of (await draftChanges(this.#options, requests)).entries()) {
      const topology = requests[index]?.topology;
      const base = pinned && topology !== undefined ? await baseNow(this.#options, topology, observed) : undefined;
      plans.push({ plan, ...(base === undefined ? {} : { base }) });
    }
    return plans;
  }

  /**
   * The reason why a change of the topology would be rejected now, because another one is unconfirmed; null if there is
   * none.
   */
  awaited(name: string): string | null {
    return whyAwaited(this.#topologies.knownOrNew(name));
  }

  /**
   * Addresses that plans need and that nodes of other topologies have.
   *
   * @param future the desired states of topologies after the whole request; null for one that is removed
   */
  async conflicts(
    plans: readonly Plan[],
    future: ReadonlyMap<string, GraphState | null>,
  ): Promise<ReadonlyMap<string, readonly PlanConflict[]>> {
    const { types } = this.#options;
    const running = this.#topologies.desired.map(({ state }) => state).filter(({ name }) => !future.has(name));
    const all = [...running, ...[...future.values()].filter((state) => state !== null)];
    const found = new Map<string, readonly PlanConflict[]>();
    for (const plan of plans) {
      const desired = future.get(plan.topology);
      if (desired === null || desired === undefined) continue;
      const others = all.filter((state) => state !== desired);
      found.set(plan.topology, await runCooperatively(findConflicts({ plan, desired }, others, types), this.#options));
    }
    return found;
  }

  /**
   * The effects of removing a topology, and the precondition of that plan.
   *
   * @param createdElsewhere nodes that other topologies of the same change create
   * @throws NetgraphError ENOENT if there is none of that name
   */
  async planRemoval(
    name: string,
    createdElsewhere: readonly OtherTopologyNode[],
  ): Promise<{ readonly plan: Plan; readonly base: PlanPrecondition }> {
    const topology = this.#topologies.known(name);
    const snapshot = await this.#options.port.snapshot(name);
    const observed = await observeTopology(this.#options, topology);
    const { types } = this.#options;
    const connections = countConnections(types, snapshot);
    const plan = planRemoval(observed, { types, generation: topology.generation, connections, createdElsewhere });
    return { plan, base: await baseNow(this.#options, topology, observed) };
  }

  /**
   * Checks whether an earlier plan still fits.
   *
   * @throws NetgraphError ESTALE
   */
  async requireBase(name: string, base: PlanPrecondition): Promise<void> {
    const topology = this.#topologies.knownOrNew(name);
    checkPrecondition(
      name,
      base,
      await baseNow(this.#options, topology, await observeTopology(this.#options, topology)),
    );
  }
}
