/**
 * What failed as it was: a generation that failed is not tried again because a neighbour in its folder has changed.
 *
 * @module
 */

import type { ApplyOutcome } from "../../control/apply_event.ts";
import type { WantedTopology } from "../../control/protocol.ts";

/** Remembers what failed. */
export class Failures {
  readonly #failed = new Map<string, string>();

  /** True for what failed and is as it was then. */
  holds(wanted: WantedTopology): boolean {
    return this.#failed.get(wanted.state.name) === versionOf(wanted);
  }

  /** Notes how it went. */
  note(topologies: readonly WantedTopology[], outcomes: readonly ApplyOutcome[]): void {
    for (const wanted of topologies) {
      const { name } = wanted.state;
      const result = outcomes.find(({ topology }) => topology === name)?.result;
      if (result === "rolled-back" || result === "failed") this.#failed.set(name, versionOf(wanted));
      else this.#failed.delete(name);
    }
  }

  /** Forgets all: something else has been wrong meanwhile, and that is told where the failure was. */
  clear(): void {
    this.#failed.clear();
  }
}

/** A file's revision is its own; a repository's is that of all its files. */
function versionOf({ state, source }: WantedTopology): string {
  return source.kind === "git" || source.revision === null ? JSON.stringify(state) : source.revision;
}
