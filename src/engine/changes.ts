/**
 * Changes of topologies as they are asked for: made, told of on the way, and waited for.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "../control/apply_event.ts";
import type { ApplyRequest } from "../control/protocol.ts";
import { NetgraphError } from "../errors.ts";
import { inPieces, type Pace } from "../pace.ts";
import type { ApplyResult } from "../reconcile/apply.ts";
import type { Reconciler } from "../reconcile/loop.ts";
import { presenting } from "../reconcile/plan_text.ts";
import type { ReconcileOptions } from "../reconcile/reconcile_options.ts";
import type { SourceStatus, TopologyStatus } from "../reconcile/status_types.ts";
import { foresee } from "../sources/guard.ts";
import { outcomeOf, wireEvent } from "./apply_events.ts";
import { type Patience, waitForReady, whyNotReady } from "./patience.ts";
import { replacements } from "./replace.ts";

/** What changes are made with. */
export interface ChangesOptions extends Pace {
  readonly reconciler: Reconciler;
  /** True once the engine ends. */
  readonly ending: () => boolean;
  /** Is told which topologies are gone for good. */
  readonly removed: (names: readonly string[]) => void;
}

/** A topology that is gone from its source, and where that was. */
interface Gone {
  readonly topology: string;
  readonly location: string | null;
}

interface Guarded {
  readonly gone: readonly Gone[];
  readonly sources: ReadonlyMap<string, SourceStatus>;
}

type Tell = (event: ApplyEvent) => void;

/** Makes changes. */
export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Makes topologies so, one after the other, then waits for all of them together. */
  async apply(request: ApplyRequest, tell: Tell, options: { signal?: AbortSignal }): Promise<readonly ApplyOutcome[]> {
    const { reconciler } = this.#options;
    const replace = replacements(request);
    const applied: ApplyOutcome[] = [];
    // All before any: a plan for several topologies that does not fit one of them changes none.
    for (const { state, base } of request.topologies) {
      if (base !== undefined) await reconciler.requireBase(state.name, base);
    }
    const { remove = [] } = request;
    for (const { topology, base } of remove) await reconciler.requireBase(topology, base);
    const removed = remove.map(({ topology }) => ({ topology, location: this.#locationOf(topology) }));
    const { gone, sources } = await this.#guarded(request);
    for (const { state, source, base } of request.topologies) {
      const { name } = state;
      const how = {
        source: sources.get(name) ?? source,
        base,
        replace: replace(name),
        rollback: request.rollback,
        confirmMs: request.confirmMs,
        selfHeal: request.selfHeal ?? false,
        signal: options.signal,
      };
      applied.push(await this.one(name, tell, (told) => reconciler.apply(state, { ...how, ...told })));
    }
    // Last: what runs is not given up for what does not come up.
    if (applied.every(({ result }) => result === "applied" || result === "unchanged")) {
      await this.#prune([...gone, ...removed], tell);
    }
    const patience = { ...options, timeoutMs: request.waitMs };
    return await Promise.all(applied.map((outcome) => this.settle(outcome, tell, patience)));
  }

  /** Changes one topology and tells of it, as far as an engine that ends has somebody to tell. */
  async one(
    name: string,
    tell: Tell,
    run: (told: Pick<ReconcileOptions, "onEvent" | "onPlanned">) => Promise<ApplyResult>,
  ): Promise<ApplyOutcome> {
    const { ending } = this.#options;
    const result = await run({
      onPlanned: async (plan) => {
        const presented = ending() ? null : await inPieces(presenting(plan), this.#options);
        if (presented !== null && !ending()) tell({ kind: "plan", ...presented });
      },
      onEvent: (event) => {
        const told = ending() ? null : wireEvent(name, event);
        if (told !== null) tell(told);
      },
    });
    // How far it came is nobody's business any more, and there is nothing left to be undone.
    if (ending()) throw new NetgraphError("ECANCELED", `Cannot apply "${name}": the engine ends`);
    return outcomeOf(name, result);
  }

  /** Waits for Ready, where that can come, and tells how it went. */
  async settle(outcome: ApplyOutcome, tell: Tell, patience: Patience): Promise<ApplyOutcome> {
    const settled = await this.#settled(outcome, patience);
    tell({ kind: "outcome", outcome: settled });
    return settled;
  }

  /** The status of a topology once it is Ready or cannot become so, or as it is when the time is over. */
  waitFor(name: string, patience: Patience): Promise<TopologyStatus> {
    const { reconciler, clock } = this.#options;
    return waitForReady(reconciler, name, { ...patience, clock });
  }

  /** Why a topology is not Ready, in one line; null when it became so. What goes away meanwhile cannot any more. */
  async whyNotReady(name: string, patience: Patience): Promise<string | null> {
    try {
      const message = whyNotReady(await this.waitFor(name, patience));
      return message === null ? null : `${name}: ${message}`;
    } catch (error) {
      if (!(error instanceof NetgraphError && error.code === "ENOENT")) throw error;
      return `${name}: ${this.#options.ending() ? "The engine ends" : "It was taken down"}`;
    }
  }

  /** What the guards let through: whom to remove, and whose source stays as it was. */
  async #guarded({ topologies, guard }: ApplyRequest): Promise<Guarded> {
    if (guard === undefined) return { gone: [], sources: new Map() };
    const { reconciler } = this.#options;
    const running = reconciler.wanted.map(({ state, source }) => {
      return { name: state.name, source, nodes: state.nodes.length };
    });
    const { elsewhere, emptied, gone } = foresee(topologies, guard, running);
    if (emptied !== null) throw new NetgraphError("EINVAL", emptied);
    const sources = new Map<string, SourceStatus>();
    for (const { state } of topologies) {
      const refusal = elsewhere.get(state.name);
      if (refusal === undefined) continue;
      // What is so already takes nothing from anybody, and leaves it where it is: export | apply -
      const { steps } = await reconciler.plan(state);
      if (steps.length > 0) throw new NetgraphError("EEXIST", refusal);
      const former = running.find(({ name }) => name === state.name);
      if (former !== undefined) sources.set(state.name, former.source);
    }
    return { gone: gone.map((topology) => ({ topology, location: this.#locationOf(topology) })), sources };
  }

  /** Removes topologies, except for those that were taken down, or taken from elsewhere, meanwhile. */
  async #prune(gone: readonly Gone[], tell: Tell): Promise<void> {
    const removed: string[] = [];
    for (const { topology, location } of gone) {
      if (location === null || this.#locationOf(topology) !== location) continue;
      removed.push(topology);
      const closed = await this.#options.reconciler.down(topology);
      tell({ kind: "pruned", topology, closed });
    }
    this.#options.removed(removed);
  }

  /** Where a topology that runs comes from; null where none of that name does. */
  #locationOf(topology: string): string | null {
    const running = this.#options.reconciler.wanted.find(({ state }) => state.name === topology);
    return running === undefined ? null : `${running.source.kind} ${running.source.location}`;
  }

  async #settled(outcome: ApplyOutcome, patience: Patience): Promise<ApplyOutcome> {
    if (outcome.result === "failed" || outcome.result === "rolled-back") return outcome;
    const status = await this.waitFor(outcome.topology, patience);
    const message = whyNotReady(status);
    return { ...outcome, ready: message === null, confirmUntil: status.confirmUntil, message };
  }
}
