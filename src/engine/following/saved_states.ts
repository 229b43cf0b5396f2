/**
 * Saves the last good generation of each topology as the loop reaches it, one write after the other. A failed write is
 * reported and has no other effect.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { Reconciler } from "../../reconcile/loop/loop.ts";
import type { EngineEvent } from "../../reconcile/loop/event.ts";
import type { EngineBase } from "../engine_options.ts";
import type { SavedTopology, StateStore } from "./state_store.ts";

/** The dependencies of the saved states. */
export interface SavedStatesOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly reconciler: Pick<Reconciler, "desired">;
  /** Receives the states that could not be saved. */
  readonly onFailure: (topology: string, error: NetgraphError) => void;
}

/** Saves states. */
export class SavedStates {
  readonly #options: SavedStatesOptions;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: SavedStatesOptions) {
    this.#options = options;
  }

  /** Receives events of the loop. An unconfirmed generation is not good yet. */
  receive(event: EngineEvent): void {
    const good = event.kind === "confirmed" ||
      (event.kind === "applied" && (event.result === "applied" || event.result === "unchanged"));
    if (good) this.save(event.topology);
    // Its removal was confirmed.
    const names = this.#options.reconciler.desired.map(({ state }) => state.name);
    if (event.kind === "confirmed" && !names.includes(event.topology)) this.remove([event.topology]);
  }

  /** Saves the desired state of a topology. */
  save(topology: string): void {
    const { store, clock, reconciler } = this.#options;
    const found = reconciler.desired.find(({ state, awaits }) => state.name === topology && !awaits);
    if (found === undefined) return;
    const { state, source } = found;
    this.#enqueue(topology, () => store.save({ state, source, keptAt: clock.wall().toISOString() }));
  }

  /** Removes the states of removed topologies. */
  remove(names: readonly string[]): void {
    for (const name of names) this.#enqueue(name, () => this.#options.store.remove(name));
  }

  /** The saved states of topologies from these locations, without unreadable ones. */
  async load(isFrom: (location: string) => boolean): Promise<readonly SavedTopology[]> {
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

/** The saved states of an engine; null if it saves none. */
export function savedStatesFor(
  { state, clock }: Pick<EngineBase, "state" | "clock">,
  { reconciler, emit }: Pick<SavedStatesOptions, "reconciler"> & { readonly emit: (event: EngineEvent) => void },
): SavedStates | null {
  if (state === undefined) return null;
  const onFailure: SavedStatesOptions["onFailure"] = (topology, error) => {
    emit({ kind: "not-saved", topology, error: error.toData() });
  };
  return new SavedStates({ store: state, clock, reconciler, onFailure });
}
