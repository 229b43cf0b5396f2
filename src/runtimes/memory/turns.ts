/**
 * The turns of the in-memory network: each call to a socket's owner is a turn, and turns run in the order in which they
 * were posted, never from within the call that posted them.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** After so many consecutive turns, the rest of the program can run. */
const TURNS_IN_A_ROW = 1_000;

/** A queue of calls. */
export class TurnQueue {
  readonly #turns: (() => void)[] = [];
  #scheduled = false;

  /** Posts `turn`, after those that were posted before. */
  post(turn: () => void): void {
    this.#turns.push(turn);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#run());
  }

  /** Waits until no turns are posted, including those that the posted ones post. */
  async idle(): Promise<void> {
    do {
      // A task, not a microtask: all promise reactions of what has run must have run first, because they may post more.
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#turns.length > 0);
  }

  #run(): void {
    for (let count = 0; count < TURNS_IN_A_ROW; count++) {
      const turn = this.#turns.shift();
      if (turn === undefined) {
        this.#scheduled = false;
        return;
      }
      this.#take(turn);
    }
    setImmediate(() => this.#run());
  }

  /** A turn that throws is a defect of its owner: it is reported as uncaught, and the others still run. */
  #take(turn: () => void): void {
    try {
      turn();
    } catch (error) {
      reportError(error);
    }
  }
}
