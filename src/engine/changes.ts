/**
 * Executes requested changes of topologies, reports their progress, and waits for Ready.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "../api/apply_event.ts";
import type { ApplyRequest } from "../api/operations/apply.ts";
import { NetgraphError } from "../errors.ts";
import { type Pace, runCooperatively, yieldTurn } from "../cooperative.ts";
import type { ApplyResult } from "../reconcile/apply/apply.ts";
import { emptyState, type GraphState } from "../graph/data/state.ts";
import type { TopologyChange } from "../reconcile/loop/changer.ts";
import type { Reconciler } from "../reconcile/loop/loop.ts";
import type { OtherTopologyNode } from "../reconcile/plan/order.ts";
import { createdIn } from "../reconcile/plan/plan.ts";
import { renderPlanTask } from "../reconcile/plan/plan_text.ts";
import type { ReconcileOptions } from "../reconcile/loop/reconcile_options.ts";
import type { AppliedSource, TopologyStatus } from "../reconcile/status/status_types.ts";
import { checkOwnership } from "../sources/ownership.ts";
import { outcomeOf } from "./apply_outcome.ts";
import { requireProgramRights } from "./program_rights.ts";
import { waitForReady, type WaitLimit, whyNotReady } from "./wait_ready.ts";
import { type AddressKnowledge, isRefusedAddress, withOwner } from "./refused_address.ts";
import { replacements } from "./replace.ts";
import { groupBySource, type RemovedTopology, type SourceGroup } from "./source_groups.ts";

/** The dependencies of changes. */
export interface ChangesOptions extends Pace {
  readonly reconciler: Reconciler;
  /** Finds the owner of an address. */
  readonly addresses: AddressKnowledge;
  /** True once the engine ends. */
  readonly ending: () => boolean;
  /** The programs that followed sources may start. */
  readonly allowExec: readonly string[];
  /** Whether the host may start a program. */
  readonly mayRun: (path: string) => boolean;
  /** Receives the topologies that were removed permanently. */
  readonly removed: (names: readonly string[]) => void;
}

interface OwnershipCheck {
  readonly removed: readonly RemovedTopology[];
  readonly sources: ReadonlyMap<string, AppliedSource>;
}

type Emit = (event: ApplyEvent) => void;

/** The options of a change. */
export interface ChangeOptions {
  /** Cancels it. */
  readonly signal?: AbortSignal;
  /** True to wait for earlier changes without limit, not only as long as for Ready. */
  readonly patient?: boolean;
  /** True for a source that the engine follows: it may start only some programs. */
  readonly followed?: boolean;
}

/** How long a change waits for earlier ones, from the time limit for Ready; 0: no limit. */
export function queueFor(waitMs: number): Pick<ReconcileOptions, "queueMs"> {
  return waitMs === 0 ? {} : { queueMs: waitMs };
}

/** Executes changes. */
export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /**
   * Applies topologies, those of one source as one change, then waits for all of them together. If a later source
   * releases an address that an earlier one could not bind, the earlier one is retried once.
   *
   * @throws NetgraphError EBUSY if other changes take longer than it waits
   */
  async apply(request: ApplyRequest, emit: Emit, options: ChangeOptions): Promise<readonly ApplyOutcome[]> {
    const { reconciler, clock, allowExec, mayRun } = this.#options;
    const followed = options.followed === true || request.guard?.follows === true;
    requireProgramRights(request.topologies, { allowed: allowExec, followed, mayRun });
    const until = clock.now() + request.waitMs;
    const leftMs = (): number => Math.max(0, until - clock.now());
    const patient = options.patient === true || request.waitMs === 0;
    const replace = replacements(request);
    // Checks all plans before the first change: a plan for several topologies is rejected as a whole if one is out of date.
    for (const { state, base } of request.topologies) {
      if (base !== undefined) await reconciler.planner.requireBase(state.name, base);
    }
    const { remove = [] } = request;
    for (const { topology, base } of remove) await reconciler.planner.requireBase(topology, base);
    const { removed: orphans, sources } = await this.#checkOwnership(request, emit);
    for (const { state: { name } } of request.topologies) this.emitSuspended(name, emit);
    const removed = reconciler.desired.flatMap(({ state: { name }, source }) => {
      return remove.some(({ topology }) => topology === name) ? [{ name, source }] : [];
    });
    const groups = groupBySource(request, [...orphans, ...removed]);
    const applied = new Map<SourceGroup, readonly ApplyOutcome[]>();
    const apply = async (group: SourceGroup) => {
      const changes = group.topologies.map(({ state, source, base }) => ({
        state,
        source: sources.get(state.name) ?? source,
        base,
        replace: replace(state.name),
        selfHeal: request.selfHeal ?? false,
      }));
      const removals = group.removed.map(({ name, source }) => {
        return { state: emptyState(name), source, removesFrom: source.location };
      });
      const { rollback, confirmMs } = request;
      const how = { ...options, rollback, confirmMs, queueMs: patient ? undefined : leftMs() };
      applied.set(group, await this.#together([...changes, ...removals], emit, how));
    };
    for (const group of groups) await apply(group);
    for (const group of groups.slice(0, -1)) {
      const again = applied.get(group)?.some((one) => one.result === "rolled-back" && isRefusedAddress(one));
      if (again === true) await apply(group);
    }
    const limit = () => ({ ...options, timeoutMs: leftMs() });
    const states = new Map(request.topologies.map(({ state }) => [state.name, state]));
    const outcomes = groups.flatMap((group) => applied.get(group) ?? []);
    const settled: Promise<ApplyOutcome>[] = [];
    for (const outcome of outcomes) {
      const explained = await this.#explained(outcome, states.get(outcome.topology));
      const settling = this.waitAndReport(explained, emit, limit());
      // It may fail while others are still started; the failure is reported below.
      settling.catch(() => {});
      settled.push(settling);
      await yieldTurn(this.#options);
    }
    return await Promise.all(settled);
  }

  /** Adds the owner of an address that could not be bound. */
  async #explained(outcome: ApplyOutcome, state: GraphState | undefined): Promise<ApplyOutcome> {
    return state === undefined ? outcome : await withOwner(outcome, state, this.#options.addresses);
  }

  /** Changes the topologies of one source and reports it; returns the outcomes of those that stay. */
  async #together(
    changes: readonly TopologyChange[],
    emit: Emit,
    options: Pick<ReconcileOptions, "signal" | "rollback" | "confirmMs" | "queueMs">,
  ): Promise<readonly ApplyOutcome[]> {
    const { reconciler, ending } = this.#options;
    const createdElsewhere: OtherTopologyNode[] = [];
    const results = await reconciler.applyTogether(
      changes.map((change) => ({ ...change, ...options, ...this.#emittingOf(change, createdElsewhere, emit) })),
    );
    if (ending()) {
      throw new NetgraphError("ECANCELED", `Cannot apply "${changes[0]?.state.name}": the engine is stopping`);
    }
    const removed = new Map<string, number>();
    const outcomes = changes.flatMap(({ state: { name }, removesFrom }, index) => {
      const result = results[index];
      if (result === undefined) return [];
      if (removesFrom === undefined) return [outcomeOf(name, result)];
      // Topologies that stay because another one failed are covered by its report.
      if (result.kind === "applied" && result.closed !== undefined) removed.set(name, result.closed);
      // It is already unconfirmed; its time restarts.
      if (result.kind === "unchanged" && options.confirmMs !== undefined) removed.set(name, 0);
      return [];
    });
    for (const [topology, closed] of removed) {
      const awaits = options.confirmMs !== undefined && reconciler.names.includes(topology);
      const confirmUntil = awaits ? (await reconciler.status(topology)).confirmUntil : null;
      emit({ kind: "pruned", topology, closed, confirmUntil });
    }
    if (options.confirmMs === undefined) this.#options.removed([...removed.keys()]);
    return outcomes;
  }

  /** Reports one of several changes that are planned in their order, and collects the nodes that they create. */
  #emittingOf(
    { state, removesFrom }: TopologyChange,
    createdElsewhere: OtherTopologyNode[],
    emit: Emit,
  ): Pick<ReconcileOptions, "onEvent" | "onPlanned"> {
    const { name } = state;
    const { onEvent, onPlanned } = this.#emitting(emit);
    if (removesFrom === undefined) {
      return {
        ...(onEvent === undefined ? {} : { onEvent }),
        onPlanned: async (plan) => {
          createdElsewhere.push(...createdIn(plan, state));
          await onPlanned?.(plan);
        },
      };
    }
    // Its end is reported when it is removed as a whole.
    return {
      onPlanned: async ({ steps }) => {
        if (steps.length === 0) return;
        const { plan } = await this.#options.reconciler.planner.planRemoval(name, createdElsewhere);
        await onPlanned?.(plan);
      },
    };
  }

  /** Reports that a changed topology is suspended: the change was requested explicitly. */
  emitSuspended(name: string, emit: Emit): void {
    if (!this.#options.reconciler.isSuspended(name)) return;
    const text = `"${name}" is suspended: this change is applied because it was requested explicitly; repairs and ` +
      `source changes are applied after "sockgraph resume ${name}"`;
    emit({ kind: "noticed", result: "suspended", text });
  }

  /** Changes one topology and reports it, unless the engine is ending. */
  async one(
    name: string,
    emit: Emit,
    run: (callbacks: Pick<ReconcileOptions, "onEvent" | "onPlanned">) => Promise<ApplyResult>,
  ): Promise<ApplyOutcome> {
    const { ending } = this.#options;
    const result = await run(this.#emitting(emit));
    // Its progress does not matter any more, and there is nothing to roll back.
    if (ending()) throw new NetgraphError("ECANCELED", `Cannot apply "${name}": the engine is stopping`);
    return outcomeOf(name, result);
  }

  #emitting(emit: Emit): Pick<ReconcileOptions, "onEvent" | "onPlanned"> {
    const { ending } = this.#options;
    return {
      onPlanned: async (plan) => {
        const presented = ending() ? null : await runCooperatively(renderPlanTask(plan), this.#options);
        if (presented !== null && !ending()) emit({ kind: "plan", ...presented });
      },
      onEvent: (event) => {
        if (!ending()) emit(event);
      },
    };
  }

  /** Waits for Ready, if that is possible, and reports the result. */
  async waitAndReport(outcome: ApplyOutcome, emit: Emit, limit: WaitLimit): Promise<ApplyOutcome> {
    const settled = await this.#waitForOutcome(outcome, limit);
    emit({ kind: "outcome", outcome: settled });
    return settled;
  }

  /** The status of a topology once it is Ready or cannot become so, or its status when the time expires. */
  waitFor(name: string, limit: WaitLimit): Promise<TopologyStatus> {
    const { reconciler, clock } = this.#options;
    return waitForReady(reconciler, name, { ...limit, clock });
  }

  /**
   * Why a topology is not Ready, in one line; null if it is Ready. A topology that was removed meanwhile cannot become
   * Ready.
   */
  async whyNotReady(name: string, limit: WaitLimit): Promise<string | null> {
    try {
      const message = whyNotReady(await this.waitFor(name, limit));
      return message === null ? null : `${name}: ${message}`;
    } catch (error) {
      if (!(error instanceof NetgraphError && error.code === "ENOENT")) throw error;
      return `${name}: ${this.#exitReason()}`;
    }
  }

  /** The result of the ownership check: the topologies to remove, and those whose source does not change. */
  async #checkOwnership({ topologies, guard }: ApplyRequest, emit: Emit): Promise<OwnershipCheck> {
    if (guard === undefined) return { removed: [], sources: new Map() };
    const { reconciler } = this.#options;
    const running = reconciler.desired.map(({ state, source }) => {
      return { name: state.name, source, nodes: state.nodes.length };
    });
    const { elsewhere, emptied, removed: names } = checkOwnership(topologies, guard, running);
    if (emptied !== null) throw new NetgraphError("EINVAL", emptied);
    const sources = new Map<string, AppliedSource>();
    for (const { state } of topologies) {
      const refusal = elsewhere.get(state.name);
      if (refusal === undefined) continue;
      // An unchanged topology keeps its source: export | apply -
      const { steps } = await reconciler.plan(state);
      if (steps.length > 0 || guard.follows === true) throw new NetgraphError("EEXIST", refusal);
      const previous = running.find(({ name }) => name === state.name);
      if (previous === undefined) continue;
      sources.set(state.name, previous.source);
      const text =
        `Topology "${state.name}" was applied from "${previous.source.location}": use --take-over to replace its source`;
      emit({ kind: "noticed", result: "left", text });
    }
    const removed = running.flatMap(({ name, source }) => names.includes(name) ? [{ name, source }] : []);
    return { removed, sources };
  }

  async #waitForOutcome(outcome: ApplyOutcome, limit: WaitLimit): Promise<ApplyOutcome> {
    if (outcome.result === "failed" || outcome.result === "rolled-back") return outcome;
    try {
      const status = await this.waitFor(outcome.topology, { ...limit, generation: outcome.generation });
      const message = whyNotReady(status);
      return { ...outcome, ready: message === null, confirmUntil: status.confirmUntil, message };
    } catch (error) {
      if (!(error instanceof NetgraphError && error.code === "ENOENT")) throw error;
      return { ...outcome, ready: false, confirmUntil: null, message: this.#exitReason() };
    }
  }

  /** Why an awaited topology does not run any more. */
  #exitReason(): string {
    return this.#options.ending() ? "The engine ends" : "It was stopped by down";
  }
}
