/**
 * Watches the paths of a runtime's local sockets. The system does not report the removal of such a path: the socket
 * stays open, but no client can reach it. Therefore all paths are checked about once per second, by one timer, which
 * runs only while there are paths.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";

/** A path that is watched. */
export interface WatchedPath {
  /** Its state; null while it leads to its socket. */
  loss(): NetgraphError | null;
}

/** The interval of the checks, in milliseconds. */
export const PATH_CHECK_MS = 1_000;

/** When a path that seems lost is checked again: it may be renamed for a moment while another socket closes. */
const SECOND_CHECK_MS = 100;

/** Watches the paths of one runtime. */
export class PathWatch {
  readonly #clock: Clock;
  readonly #paths = new Map<WatchedPath, (error: NetgraphError) => void>();
  /** Paths that led elsewhere at the last check. */
  readonly #suspects = new Set<WatchedPath>();
  #timer: Timer | null = null;

  /** @param clock the clock whose timers call the owners */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches a path; `lost` is called once when it no longer leads to its socket. */
  add(path: WatchedPath, lost: (error: NetgraphError) => void): void {
    this.#paths.set(path, lost);
    this.#arm();
  }

  /** Stops watching it. */
  delete(path: WatchedPath): void {
    this.#paths.delete(path);
    this.#suspects.delete(path);
    if (this.#paths.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #check(): void {
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
    this.#timer ??= this.#clock.after(this.#suspects.size > 0 ? SECOND_CHECK_MS : PATH_CHECK_MS, () => this.#check());
  }
}
