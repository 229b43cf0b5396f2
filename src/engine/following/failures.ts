/**
 * What failed as it was: a source whose change failed is not tried again before anything in it has changed.
 *
 * @module
 */

import type { ApplyOutcome } from "../../control/apply_event.ts";
import type { WantedTopology } from "../../control/protocol.ts";

/** Remembers what failed. */
export class Failures {
  #failed: string | null = null;
  #wantsAddress = false;

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

  /** Forgets it: something else has been wrong meanwhile, and that is told where the failure was. */
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
