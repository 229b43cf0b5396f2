/**
 * Looks after the paths of a runtime's local sockets. A system says nothing when such a path is removed: the socket
 * lives on, and nobody can reach it. So all of them are looked at about once a second, by one timer, which is there
 * only while there are paths.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";

/** A path that is looked after. */
export interface WatchedPath {
  /** What became of it; null while it leads to its socket. */
  loss(): NetgraphError | null;
}

/** How often paths are looked at, in milliseconds. */
export const PATH_LOOK_MS = 1_000;

/** When a path that seems lost is looked at again: one that is only out of the way of a socket that closes comes back. */
const SECOND_LOOK_MS = 100;

/** Knows the paths of one runtime. */
export class PathWatch {
  readonly #clock: Clock;
  readonly #paths = new Map<WatchedPath, (error: NetgraphError) => void>();
  /** Paths that led elsewhere at the last look. */
  readonly #suspects = new Set<WatchedPath>();
  #timer: Timer | null = null;

  /** @param clock whose timers call the owners of paths */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks after a path; `lost` is told once when it leads to its socket no more. */
  add(path: WatchedPath, lost: (error: NetgraphError) => void): void {
    this.#paths.set(path, lost);
    this.#arm();
  }

  /** Looks after it no longer. */
  delete(path: WatchedPath): void {
    this.#paths.delete(path);
    this.#suspects.delete(path);
    if (this.#paths.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    this.#timer = null;
    for (const [path, lost] of [...this.#paths]) {
      // One owner may have closed the socket of another.
      if (!this.#paths.has(path)) continue;
      const error = path.loss();
      if (error === null) this.#suspects.delete(path);
      else if (!this.#suspects.has(path)) this.#suspects.add(path);
      else {
        this.delete(path);
        lost(error);
      }
    }
    if (this.#paths.size > 0) this.#arm();
  }

  #arm(): void {
    this.#timer ??= this.#clock.after(this.#suspects.size > 0 ? SECOND_LOOK_MS : PATH_LOOK_MS, () => this.#look());
  }
}
