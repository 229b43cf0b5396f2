/**
 * The turns of the in-memory network: everything that reaches a socket's owner is a turn, and turns run one after the
 * other in the order in which they were posted, never from within the call that posted them.
 *
 * @module
 */

/** After so many turns in a row the rest of the program gets a chance to run. */
const TURNS_IN_A_ROW = 1_000;

/** A queue of things to happen. */
export class TurnQueue {
  readonly #turns: (() => void)[] = [];
  #scheduled = false;

  /** Lets `turn` happen soon, behind what was posted before. */
  post(turn: () => void): void {
    this.#turns.push(turn);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#run());
  }

  /** Waits until nothing is posted and nothing that ran meanwhile has posted more. */
  async idle(): Promise<void> {
    do {
      // A task, not a microtask: all promise reactions of what has run must have had their chance to post more.
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
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
    setTimeout(() => this.#run(), 0);
  }

  /** A turn that throws is a mistake of its owner: it is reported as uncaught, and the others still run. */
  #take(turn: () => void): void {
    try {
      turn();
    } catch (error) {
      reportError(error);
    }
  }
}
