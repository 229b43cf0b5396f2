/**
 * How much one turn of Bun's loop may do. Bun hands over datagrams as long as the system has some, and where each of them
 * causes another one the loop would never come to anything else: no timer, no signal, no request.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** So many datagrams are handed over in one turn: more than a receive buffer holds, and a matter of milliseconds. */
const MAX_DATAGRAMS = 2048;

/** Counts what happens in a turn, for all sockets of a thread. */
export class TurnBudget {
  #spent = 0;
  #ends: (() => void)[] | null = null;

  /** Takes one of the turn's datagrams; false where it has had them all. */
  spend(): boolean {
    this.#watch();
    return this.#spent++ < MAX_DATAGRAMS;
  }

  /** Calls back once the turn is over, and what has come meanwhile was seen. */
  afterTurn(act: () => void): void {
    this.#watch().push(act);
  }

  #watch(): (() => void)[] {
    if (this.#ends !== null) return this.#ends;
    setImmediate(() => {
      const ends = this.#ends ?? [];
      this.#ends = null;
      this.#spent = 0;
      for (const act of ends) act();
    });
    return this.#ends = [];
  }
}

/** The one of this thread. */
export const TURN_BUDGET: TurnBudget = new TurnBudget();
