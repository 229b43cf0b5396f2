/**
 * The limit of work in one turn of Bun's loop. Bun delivers datagrams as long as the system has some, and if each of
 * them causes another one, the loop would never run anything else: no timer, no signal, no request.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** The limit of datagrams in one turn: more than a receive buffer holds, and a matter of milliseconds. */
const MAX_DATAGRAMS = 2048;

/** Counts the datagrams of a turn, for all sockets of a thread. */
export class TurnBudget {
  #spent = 0;
  #ends: (() => void)[] | null = null;

  /** Takes one datagram from the budget; false if it is used up. */
  spend(): boolean {
    this.#watch();
    return this.#spent++ < MAX_DATAGRAMS;
  }

  /** Calls back once the turn is over, and events that arrived meanwhile were handled. */
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

/** The budget of this thread. */
export const TURN_BUDGET: TurnBudget = new TurnBudget();
