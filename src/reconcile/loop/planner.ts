/**
 * What changes would do, and what that is planned against. Changes nothing.
 *
 * @module
 */

import { baseNow, draftChanges, observeTopology } from "./change.ts";
import type { TopologyChange } from "./changer.ts";
import { whyAwaited } from "./confirm.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { runCooperatively } from "../../cooperative.ts";
import { countConnections } from "../plan/connections.ts";
import type { Plan } from "../plan/plan.ts";
import { checkPrecondition, type PlanPrecondition } from "../plan/plan_precondition.ts";
import { findConflicts, type PlanConflict } from "../plan/plan_conflicts.ts";
import { planRemoval } from "../plan/plan_removal.ts";
import type { ReconcilerOptions } from "./reconcile_options.ts";
import type { Topology } from "./topology.ts";

/** What is needed of the loop. */
export interface PlannerHost {
  /** @throws NetgraphError ENOENT when there is none of that name */
  known(name: string): Topology;
  /** The topology of that name, or one of which nothing runs. */
  knownOrNew(name: string): Topology;
  /** What is wanted of all topologies that run. */
  running(): readonly GraphState[];
}

/** Plans changes. */
export class Planner {
  readonly #options: ReconcilerOptions;
  readonly #host: PlannerHost;

  constructor(options: ReconcilerOptions, host: PlannerHost) {
    this.#options = options;
    this.#host = host;
  }

  /** What `Reconciler.applyTogether` would do, and if `pinned` what it was planned against. */
  async planTogether(
    changes: readonly Pick<TopologyChange, "state" | "replace">[],
    { pinned }: { readonly pinned: boolean },
  ): Promise<readonly { readonly plan: Plan; readonly base?: PlanPrecondition }[]> {
    const requests = changes.map(({ state: desired, ...options }) => {
      return { ...options, topology: this.#host.knownOrNew(desired.name), desired };
    });
    const plans = [];
    for (const [index, { plan, observed }] of (await draftChanges(this.#options, requests)).entries()) {
      const topology = requests[index]?.topology;
      const base = pinned && topology !== undefined ? await baseNow(this.#options, topology, observed) : undefined;
      plans.push({ plan, ...(base === undefined ? {} : { base }) });
    }
    return plans;
  }

  /** Why a change of the topology would be refused now, as another one awaits its confirmation; null where none does. */
  awaited(name: string): string | null {
    return whyAwaited(this.#host.knownOrNew(name));
  }

  /**
   * Addresses that plans take and nodes of other topologies have.
   *
   * @param future what is wanted of topologies once the whole request is applied; null for one that is removed
   */
  async conflicts(
    plans: readonly Plan[],
    future: ReadonlyMap<string, GraphState | null>,
  ): Promise<ReadonlyMap<string, readonly PlanConflict[]>> {
    const { types } = this.#options;
    const running = this.#host.running().filter(({ name }) => !future.has(name));
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
   * What removing a topology would do, and what that was planned against.
   *
   * @throws NetgraphError ENOENT when there is none of that name
   */
  async planRemoval(name: string): Promise<{ readonly plan: Plan; readonly base: PlanPrecondition }> {
    const topology = this.#host.known(name);
    const snapshot = await this.#options.port.snapshot(name);
    const observed = await observeTopology(this.#options, topology);
    const connections = countConnections(this.#options.types, snapshot);
    const plan = planRemoval(observed, { generation: topology.generation, connections });
    return { plan, base: await baseNow(this.#options, topology, observed) };
  }

  /**
   * Looks whether a plan that was made earlier still fits.
   *
   * @throws NetgraphError ESTALE
   */
  async requireBase(name: string, base: PlanPrecondition): Promise<void> {
    const topology = this.#host.knownOrNew(name);
    checkPrecondition(
      name,
      base,
      await baseNow(this.#options, topology, await observeTopology(this.#options, topology)),
    );
  }
}
