/**
 * What of a source is not applied again as it is: a source whose change failed, until anything in it changes; and a
 * topology that was rolled back, by a client or because its change was not confirmed in time, or that a client has
 * adopted, until its own text changes.
 *
 * @module
 */

import type { ApplyOutcome } from "../../api/apply_event.ts";
import type { WantedTopology } from "../../api/operations/apply.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { Trouble } from "../../reconcile/status/condition.ts";

/** How a topology came to differ from its source. */
export type Departure = "rollback" | "adoption" | "timeout";

interface DepartureWords {
  readonly reason: string;
  readonly said: (generation: number) => string;
}

const DEPARTURES: Readonly<Record<Departure, DepartureWords>> = {
  rollback: { reason: "RolledBack", said: (generation) => `Generation ${generation} is a rollback` },
  adoption: { reason: "Adopted", said: (generation) => `Generation ${generation} was adopted` },
  timeout: { reason: "NotConfirmed", said: () => "The last change was not confirmed in time" },
};

/** How status shows that a client took a topology away from a source that is not followed. */
export function unfollowedTrouble(how: Departure, generation: number): Trouble {
  const { reason, said } = DEPARTURES[how];
  const message = `${said(generation)}, and its source differed when it was applied: apply it again to use it`;
  return { reason, message };
}

/** How status shows that a topology differs from its source. */
export function departureTrouble(how: Departure, name: string, generation: number): Trouble {
  const { reason, said } = DEPARTURES[how];
  const message = `${said(generation)}, and the source differs: "sockgraph reconcile ${name}" applies the source`;
  return { reason, message, behind: true };
}

/** What a topology's source says, and what runs in its place. */
interface Departed {
  readonly how: Departure;
  readonly source: string;
  readonly desired: string;
  /** False where the source is expected to say that, and did not do so yet. */
  readonly read: boolean;
}

/** Remembers what failed, and what a client took away from its source. */
export class Failures {
  #failed: string | null = null;
  #wantsAddress = false;
  readonly #departed = new Map<string, Departed>();

  /** True where it failed because an address was in use. */
  get wantsAddress(): boolean {
    return this.#wantsAddress;
  }

  /** True for a source that failed and is as it was then. */
  holds(topologies: readonly WantedTopology[]): boolean {
    return this.#failed !== null && this.#failed === versionOfAll(topologies);
  }

  /** Notes how it went. */
  note(topologies: readonly WantedTopology[], outcomes: readonly ApplyOutcome[]): void {
    const failed = outcomes.filter(({ result }) => result === "rolled-back" || result === "failed");
    this.#failed = failed.length === 0 ? null : versionOfAll(topologies);
    this.#wantsAddress = failed.some(({ code }) => code === "EADDRINUSE");
  }

  /** Notes that a topology differs from its source, unless it is what the source says; null: nothing of it runs. */
  noteDeparture(source: GraphState, desired: GraphState | null, how: Departure): void {
    const texts = { source: JSON.stringify(source), desired: JSON.stringify(desired) };
    if (texts.source === texts.desired) this.#departed.delete(source.name);
    else this.#departed.set(source.name, { how, ...texts, read: how !== "timeout" });
  }

  /** How that came about, while it lasts: the source says what it said then, and nothing else was applied since. */
  departureOf(source: GraphState, desired: GraphState | null): Departure | null {
    const departed = this.#departed.get(source.name);
    if (departed === undefined) return null;
    const said = JSON.stringify(source);
    if (departed.desired === JSON.stringify(desired)) {
      if (departed.source === said) {
        if (!departed.read) this.#departed.set(source.name, { ...departed, read: true });
        return departed.how;
      }
      // What was not confirmed may come to the source later: it is read now and then.
      if (!departed.read && departed.desired === said) return null;
    }
    this.#departed.delete(source.name);
    return null;
  }

  /** Forgets what failed: another problem has replaced it, and is reported in its place. */
  clear(): void {
    this.#failed = null;
    this.#wantsAddress = false;
  }
}

function versionOfAll(topologies: readonly WantedTopology[]): string {
  return JSON.stringify(topologies.map((desired) => [desired.state.name, versionOf(desired)]));
}

/** A file's revision is its own; a repository's is that of all its files. */
function versionOf({ state, source }: WantedTopology): string {
  return source.kind === "git" || source.revision === null ? JSON.stringify(state) : source.revision;
}
