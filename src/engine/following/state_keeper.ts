/**
 * Keeps the last good generation of each topology as the loop brings it about, one write after the other. A failure to
 * keep one is told and fails nothing else.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import type { EngineEvent } from "../../reconcile/loop/event.ts";
import type { EngineBase } from "../engine_options.ts";
import type { KeptTopology, StateStore } from "./state_store.ts";

/** What a keeper works with. */
export interface StateKeeperOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly reconciler: Pick<Reconciler, "desired">;
  /** Is told what could not be kept. */
  readonly onFailure: (topology: string, error: NetgraphError) => void;
}

/** Keeps states. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  /** Notes what the loop has done. What awaits a confirmation is not good yet. */
  take(event: EngineEvent): void {
    const good = event.kind === "confirmed" ||
      (event.kind === "applied" && (event.result === "applied" || event.result === "unchanged"));
    if (good) this.keep(event.topology);
    // That it is removed was confirmed.
    const names = this.#options.reconciler.desired.map(({ state }) => state.name);
    if (event.kind === "confirmed" && !names.includes(event.topology)) this.forget([event.topology]);
  }

  /** Keeps what is wanted of a topology now. */
  keep(topology: string): void {
    const { store, clock, reconciler } = this.#options;
    const found = reconciler.desired.find(({ state, awaits }) => state.name === topology && !awaits);
    if (found === undefined) return;
    const { state, source } = found;
    this.#enqueue(topology, () => store.save({ state, source, keptAt: clock.wall().toISOString() }));
  }

  /** Forgets topologies that somebody took down. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#enqueue(name, () => this.#options.store.remove(name));
  }

  /** What was kept of topologies from these locations; of what cannot be read nothing. */
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

  /** Waits until all is written. */
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

/** The keeper of an engine; null where it keeps nothing. */
export function keeperFor(
  { state, clock }: Pick<EngineBase, "state" | "clock">,
  { reconciler, emit }: Pick<StateKeeperOptions, "reconciler"> & { readonly emit: (event: EngineEvent) => void },
): StateKeeper | null {
  if (state === undefined) return null;
  const onFailure: StateKeeperOptions["onFailure"] = (topology, error) => {
    emit({ kind: "not-kept", topology, error: error.toData() });
  };
  return new StateKeeper({ store: state, clock, reconciler, onFailure });
}
