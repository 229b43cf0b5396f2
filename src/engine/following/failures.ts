/**
 * The parts of a source that are not applied again unchanged: a source whose change failed, until anything in it
 * changes; and a topology that was rolled back, by a client or because its change was not confirmed in time, or that a
 * client has adopted, until its own text changes.
 *
 * @module
 */

import type { ApplyOutcome } from "../../api/apply_event.ts";
import type { RequestedTopology } from "../../api/operations/apply.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { StallCause } from "../../reconcile/status/condition.ts";

/** The reason why a topology differs from its source. */
export type Departure = "rollback" | "adoption" | "timeout";

interface DepartureWords {
  readonly reason: string;
  readonly said: (generation: number) => string;
}

const DEPARTURES: Readonly<Record<Departure, DepartureWords>> = {
  rollback: { reason: "RolledBack", said: (generation) => `Generation ${generation} was restored by a rollback` },
  adoption: { reason: "Adopted", said: (generation) => `Generation ${generation} was adopted` },
  timeout: { reason: "NotConfirmed", said: () => "The last change was not confirmed in time" },
};

/** Status of a topology that a client changed, if its source is not followed. */
export function unfollowedCause(how: Departure, generation: number): StallCause {
  const { reason, said } = DEPARTURES[how];
  const message = `${said(generation)} and may differ from its source: apply the source to use it again`;
  return { reason, message };
}

/** Status of a topology that differs from its source. */
export function departureCause(how: Departure, name: string, generation: number): StallCause {
  const { reason, said } = DEPARTURES[how];
  const message = `${said(generation)} and differs from its source: "sockgraph reconcile ${name}" applies the source`;
  return { reason, message, behind: true };
}

/** The state in a topology's source, and the running state instead. */
interface Departed {
  readonly how: Departure;
  readonly source: string;
  readonly desired: string;
  /** False if the source is expected to have that state, but has not had it yet. */
  readonly read: boolean;
}

/** Records failures, and topologies that a client changed. */
export class Failures {
  #failed: string | null = null;
  #wantsAddress = false;
  readonly #departed = new Map<string, Departed>();

  /** True if it failed because an address was in use. */
  get wantsAddress(): boolean {
    return this.#wantsAddress;
  }

  /** True for a source that failed and is unchanged since then. */
  holds(topologies: readonly RequestedTopology[]): boolean {
    return this.#failed !== null && this.#failed === versionOfAll(topologies);
  }

  /** Records the result. */
  note(topologies: readonly RequestedTopology[], outcomes: readonly ApplyOutcome[]): void {
    const failed = outcomes.filter(({ result }) => result === "rolled-back" || result === "failed");
    this.#failed = failed.length === 0 ? null : versionOfAll(topologies);
    this.#wantsAddress = failed.some(({ code }) => code === "EADDRINUSE");
  }

  /** Records that a topology differs from its source, unless it is equal; null: nothing of it runs. */
  noteDeparture(source: GraphState, desired: GraphState | null, how: Departure): void {
    const texts = { source: JSON.stringify(source), desired: JSON.stringify(desired) };
    if (texts.source === texts.desired) this.#departed.delete(source.name);
    else this.#departed.set(source.name, { how, ...texts, read: how !== "timeout" });
  }

  /** The reason, while it applies: the source is unchanged since then, and nothing else was applied. */
  departureOf(source: GraphState, desired: GraphState | null): Departure | null {
    const departed = this.#departed.get(source.name);
    if (departed === undefined) return null;
    const said = JSON.stringify(source);
    if (departed.desired === JSON.stringify(desired)) {
      if (departed.source === said) {
        if (!departed.read) this.#departed.set(source.name, { ...departed, read: true });
        return departed.how;
      }
      // An unconfirmed state may reach the source later: it is read from time to time.
      if (!departed.read && departed.desired === said) return null;
    }
    this.#departed.delete(source.name);
    return null;
  }

  /** Clears the failure: another problem has replaced it, and is reported in its place. */
  clear(): void {
    this.#failed = null;
    this.#wantsAddress = false;
  }
}

function versionOfAll(topologies: readonly RequestedTopology[]): string {
  return JSON.stringify(topologies.map((desired) => [desired.state.name, versionOf(desired)]));
}

/** Each file has its own revision; a repository has one for all files. */
function versionOf({ state, source }: RequestedTopology): string {
  return source.kind === "git" || source.revision === null ? JSON.stringify(state) : source.revision;
}
