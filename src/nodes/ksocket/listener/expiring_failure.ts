/**
 * Consecutive failures of a listener that count for a while: without another one, they expire.
 *
 * @module
 */

import type { FailureRow } from "../outcomes.ts";

/** The failures of one kind. */
export class ExpiringFailure {
  row: FailureRow | null = null;
  readonly #ms: number;
  #until = 0;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Returns how long it counts; Infinity: until it is cleared. */
  set(row: FailureRow, now: number, ms: number = this.#ms): number {
    this.row = row;
    this.#until = now + ms;
    return ms;
  }

  clear(): void {
    this.row = null;
  }

  /** The remaining time for which it counts; 0 if it does not. */
  leftAt(now: number): number {
    const left = this.#until - now;
    if (this.row === null || left <= 0) this.clear();
    return this.row === null ? 0 : left;
  }
}
