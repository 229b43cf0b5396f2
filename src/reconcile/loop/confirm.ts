/**
 * Generations that are rolled back unless they are confirmed in time: a user who loses access by a change gets it back.
 *
 * While one is unconfirmed, only changes that need a confirmation too are admitted: another one would either make the
 * unconfirmed state permanent, or be rolled back with it. Such a change restarts the time, and a rollback still leads
 * to the last confirmed state.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import { emptyState } from "../../graph/data/state.ts";
import type { ApplyResult } from "../apply/apply.ts";
import { retryDelayMs } from "./backoff.ts";
import type { DesiredState } from "./desired_state.ts";
import type { ReconcileEvent } from "./event.ts";
import type { ReconcileOptions } from "./reconcile_options.ts";
import { isGood, type Topology } from "./topology.ts";

/** A change of a topology, as the loop executes it. */
export interface DesiredChange {
  readonly topology: Topology;
  readonly desiredState: DesiredState;
  readonly options: ReconcileOptions;
  /** True if it removes the topology permanently. */
  readonly removes: boolean;
}

/** A completed change. */
export interface DoneChange extends DesiredChange {
  readonly result: ApplyResult;
  /** The earlier desired state. */
  readonly previous: DesiredState | null;
}

/** The part of the loop that is needed. */
export interface ConfirmerHost {
  /** The status has changed. */
  changed(): void;
  /** Runs a task when no other one is in progress in the topology. */
  run(topology: Topology, task: () => Promise<void>): void;
  /** Runs a task when no other one is in progress in any of them. */
  together(topologies: readonly Topology[], task: () => Promise<void>): void;
  /** Applies desired states as one exclusive change. */
  change(changes: readonly Omit<DesiredChange, "options">[]): Promise<readonly ApplyResult[]>;
  /** Stops a topology exclusively. */
  down(topology: Topology): Promise<unknown>;
}

/** The other dependencies. */
interface ConfirmerOptions {
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly onEvent?: (event: ReconcileEvent) => void;
}

/** Manages unconfirmed generations. */
export class Confirmer {
  readonly #options: ConfirmerOptions;
  readonly #host: ConfirmerHost;
  readonly #groups = new Map<symbol, { readonly topologies: Set<Topology>; timer: Timer | null }>();

  constructor(options: ConfirmerOptions, host: ConfirmerHost) {
    this.#options = options;
    this.#host = host;
  }

  /**
   * Admits a change, or rejects it.
   *
   * @throws NetgraphError EBUSY while another one is unconfirmed
   */
  admit(topology: Topology, { confirmMs, unconfirmed = "refuse" }: ReconcileOptions): void {
    if (confirmMs !== undefined || unconfirmed !== "refuse") return;
    const message = whyAwaited(topology);
    if (message !== null) throw new NetgraphError("EBUSY", message);
  }

  /** Records the results of changes that were admitted together. */
  note(changes: readonly DoneChange[]): void {
    const group = Symbol("changes of one command");
    for (const change of changes) this.#noteOne(change, group);
    const confirmMs = changes[0]?.options.confirmMs;
    const awaiting = changes.filter(({ topology }) => topology.awaiting?.group === group).map(({ topology }) =>
      topology
    );
    if (confirmMs === undefined || awaiting.length === 0) return;
    this.#groups.set(group, { topologies: new Set(awaiting), timer: null });
    this.#undoAfter(confirmMs, group, 0);
  }

  #noteOne({ topology, result, previous, options, removes }: DoneChange, group: symbol): void {
    if (result.kind !== "applied" && result.kind !== "unchanged") return;
    const { confirmMs, unconfirmed } = options;
    if (unconfirmed === "clear") return this.clear(topology);
    const known = topology.awaiting;
    // A change without effect needs no confirmation, but may extend the time of one that does.
    if (confirmMs === undefined || (result.kind === "unchanged" && known === null && !removes)) return;
    this.clear(topology);
    const until = new Date(this.#options.clock.wall().getTime() + confirmMs);
    topology.awaiting = { until, previous: known === null ? previous : known.previous, removes, group };
    topology.markUnconfirmed(true);
    const { generation, name } = topology;
    const event = { kind: "awaiting-confirmation", topology: name, generation, until: until.toISOString() } as const;
    this.#options.onEvent?.(event);
  }

  /**
   * Confirms an unconfirmed generation.
   *
   * @returns its generation
   * @throws NetgraphError ENOENT when nothing does
   */
  confirm(topology: Topology): number {
    const { awaiting, name, generation } = topology;
    if (awaiting === null) throw new NetgraphError("ENOENT", `No change of "${name}" awaits confirmation`);
    this.clear(topology);
    topology.markUnconfirmed(false);
    const emit = () => this.#options.onEvent?.({ kind: "confirmed", topology: name, generation });
    if (!awaiting.removes) emit();
    // Removed topologies are removed permanently before the confirmation is reported.
    else this.#host.run(topology, () => this.#host.down(topology).then(emit));
    this.#host.changed();
    return generation;
  }

  /** Removes the record of an unconfirmed generation. */
  clear(topology: Topology): void {
    const { awaiting } = topology;
    topology.awaiting = null;
    const group = awaiting === null ? undefined : this.#groups.get(awaiting.group);
    if (awaiting === null || group === undefined) return;
    group.topologies.delete(topology);
    if (group.topologies.size > 0) return;
    group.timer?.cancel();
    this.#groups.delete(awaiting.group);
  }

  #undoAfter(ms: number, id: symbol, attempt: number): void {
    const group = this.#groups.get(id);
    if (group === undefined) return;
    group.timer = this.#options.clock.after(ms, () => {
      group.timer = null;
      const topologies = [...group.topologies];
      this.#host.together(topologies, async () => {
        // Some may have been confirmed or removed while another task was in progress.
        const left = topologies.filter(({ awaiting, closed }) => awaiting?.group === id && !closed);
        if (left.length > 0) await this.#undo(left, id, attempt);
      });
    });
  }

  /** Rolls back all topologies of a change together: they may have exchanged their addresses. */
  async #undo(topologies: readonly Topology[], id: symbol, attempt: number): Promise<void> {
    const rollbacks = topologies.map((topology) => {
      const { name, generation, source, awaiting } = topology;
      const removed = awaiting?.removes === true;
      const earlier = awaiting?.previous ?? null;
      const desiredState = earlier ?? { desired: emptyState(name), source };
      return { topology, desiredState, removes: false, removed, generation, isNew: earlier === null };
    });
    const results = rollbacks.every(({ isNew }) => isNew) ? [] : await this.#host.change(rollbacks);
    for (const [index, { topology, removed, generation, isNew }] of rollbacks.entries()) {
      const result = results[index];
      const said = `Generation ${generation} was not confirmed in time`;
      if (result !== undefined && result.kind !== "applied" && result.kind !== "unchanged") {
        const message = `${said}, and the rollback failed: ${result.error.message}; retrying`;
        topology.stallCause = { reason: "GoingBackFailed", message };
      } else if (isNew) {
        await this.#host.down(topology);
      } else {
        this.clear(topology);
        const message = `${said}; the previous generation is the desired state again`;
        topology.departure = { reason: "NotConfirmed", message };
        topology.orphaned = removed; // It runs again, and its source still lacks it.
      }
      const outcome = topology.closed ? "down" : result?.kind ?? "unchanged";
      this.#options.onEvent?.({ kind: "unconfirmed", topology: topology.name, generation, result: outcome });
    }
    // An unconfirmed state must not stay because a rollback failed once.
    this.#undoAfter(retryDelayMs(attempt, this.#options.random()), id, attempt + 1);
    this.#host.changed();
  }
}

/** The reason why another change must wait, if one is unconfirmed; null if there is none. */
export function whyAwaited({ name, generation, awaiting }: Topology): string | null {
  if (awaiting === null) return null;
  const until = awaiting.until.toISOString();
  return `Generation ${generation} of "${name}" awaits its confirmation until ${until}: confirm it, or use rollback`;
}

/** The desired state of a topology before a change: the goal of a rollback of an unconfirmed one. */
export function confirmedState(topology: Topology): DesiredState | null {
  const { history, generation, desired, source } = topology;
  const last = history.at(-1);
  if (last?.generation === generation && isGood(last)) return { desired, source };
  const good = history.findLast(isGood);
  return good === undefined ? null : { desired: good.state, source: good.source };
}
