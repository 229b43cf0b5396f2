/**
 * All sources that an engine follows. A topology is followed by one of them at most: by the last that was requested.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { FollowRequest } from "../../api/operations/source.ts";
import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import { NetgraphError } from "../../errors.ts";
import type { NodeType } from "../../graph/core/node_type.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { EngineEvent } from "../../reconcile/loop/event.ts";
import type { UnreadSource } from "../../reconcile/status/status_types.ts";
import { gitOrigins } from "../../sources/git_address.ts";
import { covers, possibleOrigins } from "../../sources/origin.ts";
import { loaderHere, type TextLoader } from "../../sources/text_loader.ts";
import type { FollowedEvent } from "../engine_options.ts";
import { Follower } from "./follower.ts";
import type { Asking } from "./read_requests.ts";
import type { FollowTarget } from "./follow_target.ts";
import { probeFor } from "./source_probe.ts";
import type { SourceMachine } from "./source_machine.ts";
import type { SavedStates } from "./saved_states.ts";
import type { SavedTopology } from "./state_store.ts";

/** The dependencies of followers. */
export interface FollowersOptions {
  readonly clock: Clock;
  readonly types: readonly NodeType[];
  /** Absent for an engine that cannot read sources. */
  readonly sources?: SourceMachine;
  readonly target: FollowTarget;
  /** Loads texts; absent to load in this thread. */
  readonly loader?: TextLoader;
  /** Keeps the last good generations; null if they are not kept. */
  readonly savedStates?: SavedStates | null;
  /** Receives all events after the first apply. */
  readonly onEvent?: (event: FollowedEvent) => void;
  readonly onBug?: (error: unknown) => void;
}

/** Keeps followers. */
export class Followers {
  readonly #options: FollowersOptions;
  readonly #followers = new Map<string, Follower>();
  /** The unconfirmed changes, by topology. */
  readonly #unconfirmed = new Map<string, GraphState>();

  constructor(options: FollowersOptions) {
    this.#options = options;
  }

  /**
   * Applies the content of sources and follows them from now on. A source that cannot be used at first is not followed,
   * unless the request is to keep trying.
   *
   * @throws NetgraphError ENOSYS for an engine that cannot read sources
   */
  async follow(request: FollowRequest, emit: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    const { sources: machine, clock, types, target, savedStates, onEvent, onBug, loader = loaderHere } = this.#options;
    if (machine === undefined) throw new NetgraphError("ENOSYS", "Cannot follow sources: this engine reads no files");
    const follower = new Follower({
      clock,
      types,
      target,
      loader,
      env: machine.env,
      emit: (event) => onEvent?.({ kind: "followed", event }),
      onBug: (error) => onBug?.(error),
      request,
      probe: probeFor(request, { ...machine, clock }),
    });
    const begun = await follower.begin(emit);
    const awaitsClient = follower.missingVariables.length > 0;
    const outcomes = awaitsClient
      ? null
      : begun ?? await follower.beginWith(await savedTopologiesOf(request, savedStates), emit);
    if (awaitsClient || (outcomes === null && request.keepTrying !== true)) {
      await follower.close();
      return [];
    }
    const key = JSON.stringify(request.sources);
    const previous = this.#followers.get(key);
    this.#followers.set(key, follower);
    await previous?.close();
    await this.#releaseFrom([...this.#followers].filter(([, other]) => other !== follower), follower.names);
    follower.start();
    return outcomes ?? [];
  }

  /** Followed sources that could not be used so far. */
  get unusable(): readonly UnreadSource[] {
    return [...this.#followers.values()].flatMap(({ unusable }) => unusable);
  }

  /** Applies all sources again, changed or not. */
  async again(): Promise<void> {
    const asking: Asking = { emit: () => {}, waitMs: 0, reapply: null };
    await Promise.all([...this.#followers.values()].map((follower) => follower.again(asking)));
  }

  /** Applies the source of a topology again, changed or not; null if none is followed, or usable. */
  async read(name: string, asking: Asking): Promise<readonly ApplyOutcome[] | null> {
    return await this.followerOf(name)?.again(asking) ?? null;
  }

  /** The follower of a topology's source; null if none is followed. */
  followerOf(name: string): Follower | null {
    return [...this.#followers.values()].find(({ names }) => names.includes(name)) ?? null;
  }

  /** A topology was resumed. */
  resumed(name: string): void {
    for (const follower of this.#followers.values()) follower.resumed(name);
  }

  /** Receives events of the loop: a state that was not confirmed in time is not applied from its source again. */
  take(event: EngineEvent): void {
    switch (event.kind) {
      case "applied":
        if (event.result === "applied") this.addressesFreed(event.topology);
        return;
      case "awaiting-confirmation": {
        const state = this.#options.target.desired(event.topology);
        if (state !== null) this.#unconfirmed.set(event.topology, state);
        return;
      }
      case "confirmed":
        this.#unconfirmed.delete(event.topology);
        return;
      case "unconfirmed": {
        const state = this.#unconfirmed.get(event.topology);
        if (state === undefined || event.result === "failed" || event.result === "rolled-back") return;
        if (event.result === "rollback-failed") return;
        this.#unconfirmed.delete(event.topology);
        for (const follower of this.#followers.values()) follower.noteUnconfirmed(state);
        return;
      }
    }
  }

  /** A topology has changed or ended: others may bind its addresses. */
  addressesFreed(by: string): void {
    for (const follower of this.#followers.values()) follower.addressesFreed(by);
  }

  /** Releases removed topologies; a source without any is no longer followed. */
  async release(names: readonly string[]): Promise<void> {
    await this.#releaseFrom([...this.#followers], names);
  }

  async #releaseFrom(
    followers: readonly (readonly [key: string, follower: Follower])[],
    names: readonly string[],
  ): Promise<void> {
    for (const [key, follower] of followers) {
      const had = follower.names.length;
      for (const name of names) follower.release(name);
      if (had === 0 || follower.names.length > 0) continue;
      this.#followers.delete(key);
      await follower.close();
    }
  }

  /** Stops following all sources. */
  async close(): Promise<void> {
    const followers = [...this.#followers.values()];
    this.#followers.clear();
    await Promise.all([this.#options.loader?.close(), ...followers.map((follower) => follower.close())]);
  }
}

/** The saved states of all topologies that these sources may have contained. */
async function savedTopologiesOf(
  { sources }: FollowRequest,
  savedStates: SavedStates | null | undefined,
): Promise<readonly SavedTopology[]> {
  const origins = sources.flatMap((source) => source.kind === "git" ? gitOrigins(source) : possibleOrigins([source]));
  return await savedStates?.load((location) => covers(origins, location)) ?? [];
}
