/**
 * What of a source is not applied again as it is: a source whose change failed, until anything in it changes; and a
 * topology that a client has rolled back, until its own text changes.
 *
 * @module
 */

import type { ApplyOutcome } from "../../control/apply_event.ts";
import type { WantedTopology } from "../../control/protocol.ts";
import type { GraphState } from "../../graph/state.ts";

/** What a topology's source says, and what a rollback has made of it. */
interface Rollback {
  readonly source: string;
  readonly desired: string;
}

/** Remembers what failed, and what was rolled back. */
export class Failures {
  #failed: string | null = null;
  #wantsAddress = false;
  readonly #rollbacks = new Map<string, Rollback>();

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

  /** Notes a rollback; false where it leads to what the source says. */
  noteRollback(source: GraphState, desired: GraphState): boolean {
    const texts = { source: JSON.stringify(source), desired: JSON.stringify(desired) };
    if (texts.source === texts.desired) this.#rollbacks.delete(source.name);
    else this.#rollbacks.set(source.name, texts);
    return this.#rollbacks.has(source.name);
  }

  /** True while a rollback lasts: the source says what it said then, and nothing else was applied since. */
  holdsRollback(source: GraphState, desired: GraphState | null): boolean {
    const rollback = this.#rollbacks.get(source.name);
    if (rollback === undefined) return false;
    if (rollback.source === JSON.stringify(source) && rollback.desired === JSON.stringify(desired)) return true;
    this.#rollbacks.delete(source.name);
    return false;
  }

  /** Forgets what failed: another problem has replaced it, and is reported in its place. */
  clear(): void {
    this.#failed = null;
    this.#wantsAddress = false;
  }
}

function versionOfAll(topologies: readonly WantedTopology[]): string {
  return JSON.stringify(topologies.map((wanted) => [wanted.state.name, versionOf(wanted)]));
}

/** A file's revision is its own; a repository's is that of all its files. */
function versionOf({ state, source }: WantedTopology): string {
  return source.kind === "git" || source.revision === null ? JSON.stringify(state) : source.revision;
}
