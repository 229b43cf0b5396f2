/**
 * Keeps the last good generation of each topology as the loop reaches it, one write after the other. A failed write is
 * reported and has no other effect.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import type { EngineEvent } from "../../reconcile/loop/event.ts";
import type { EngineBase } from "../engine_options.ts";
import type { KeptTopology, StateStore } from "./state_store.ts";

/** The dependencies of a keeper. */
export interface StateKeeperOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly reconciler: Pick<Reconciler, "desired">;
  /** Receives the states that could not be kept. */
  readonly onFailure: (topology: string, error: NetgraphError) => void;
}

/** Keeps states. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  /** Receives events of the loop. An unconfirmed generation is not good yet. */
  take(event: EngineEvent): void {
    const good = event.kind === "confirmed" ||
      (event.kind === "applied" && (event.result === "applied" || event.result === "unchanged"));
    if (good) this.keep(event.topology);
    // Its removal was confirmed.
    const names = this.#options.reconciler.desired.map(({ state }) => state.name);
    if (event.kind === "confirmed" && !names.includes(event.topology)) this.forget([event.topology]);
  }

  /** Keeps the desired state of a topology. */
  keep(topology: string): void {
    const { store, clock, reconciler } = this.#options;
    const found = reconciler.desired.find(({ state, awaits }) => state.name === topology && !awaits);
    if (found === undefined) return;
    const { state, source } = found;
    this.#enqueue(topology, () => store.save({ state, source, keptAt: clock.wall().toISOString() }));
  }

  /** Removes the states of removed topologies. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#enqueue(name, () => this.#options.store.remove(name));
  }

  /** The kept states of topologies from these locations, without unreadable ones. */
  async kept(isFrom: (location: string) => boolean): Promise<readonly KeptTopology[]> {
    const { store, onFailure } = this.#options;
    const unusable = (error: NetgraphError) => onFailure("", error);
    try {
      return (await store.load(unusable)).filter(({ source }) => isFrom(source.location));
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      unusable(error);
      return [];
    }
  }

  /** Waits until all states are written. */
  async close(): Promise<void> {
    await this.#queue;
  }

  #enqueue(topology: string, work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      if (!(error instanceof NetgraphError)) throw error;
      this.#options.onFailure(topology, error);
    });
  }
}

/** The keeper of an engine; null if it keeps none. */
export function keeperFor(
  { state, clock }: Pick<EngineBase, "state" | "clock">,
  { reconciler, emit }: Pick<StateKeeperOptions, "reconciler"> & { readonly emit: (event: EngineEvent) => void },
): StateKeeper | null {
  if (state === undefined) return null;
  const onFailure: StateKeeperOptions["onFailure"] = (topology, error) => {
    emit({ kind: "not-saved", topology, error: error.toData() });
  };
  return new StateKeeper({ store: state, clock, reconciler, onFailure });
}
