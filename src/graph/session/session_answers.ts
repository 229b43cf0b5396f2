/**
 * Answers that come later, and all else that comes by itself.
 *
 * An answer is told from others by its number. Its event may overtake the response that gives the number: then it is
 * kept until somebody asks for it.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SessionEvent } from "./session.ts";

/** How a pending message ended. */
export type Late = Extract<SessionEvent, { readonly token: number }>;

/** Takes events and gives each to whom it belongs. */
export class Answers {
  readonly #show: (event: SessionEvent) => void;
  readonly #early = new Map<number, Late>();
  readonly #takers = new Map<number, (late: Late) => void>();
  readonly #losers = new Set<(reason: Error) => void>();
  #over = false;

  /**
   * @param show is called for what nobody waits for
   */
  constructor(show: (event: SessionEvent) => void) {
    this.#show = show;
  }

  /** Takes events until there are no more. */
  async follow(events: AsyncIterable<SessionEvent>): Promise<void> {
    try {
      for await (const event of events) this.take(event);
    } finally {
      this.end();
    }
  }

  /** Nothing comes any more: who waits for an answer waits in vain. */
  end(): void {
    this.#over = true;
    for (const lose of this.#losers) lose(endedEarly());
  }

  /** Waits for an answer. */
  wait(token: number): Promise<Late> {
    return new Promise((resolve, reject) => {
      this.#losers.add(reject);
      this.#when(token, (late) => {
        this.#losers.delete(reject);
        resolve(late);
      });
      if (this.#over) reject(endedEarly());
    });
  }

  /** Shows an answer when it comes. */
  leave(token: number): void {
    this.#when(token, this.#show);
  }

  #when(token: number, take: (late: Late) => void): void {
    const early = this.#early.get(token);
    if (early === undefined) {
      this.#takers.set(token, take);
      return;
    }
    this.#early.delete(token);
    take(early);
  }

  /** Takes one event. */
  take(event: SessionEvent): void {
    if (!("token" in event)) return this.#show(event);
    const take = this.#takers.get(event.token);
    if (take === undefined) {
      this.#early.set(event.token, event);
      return;
    }
    this.#takers.delete(event.token);
    take(event);
  }
}

function endedEarly(): NetgraphError {
  return new NetgraphError("ECONNRESET", "Cannot wait any longer: the session is over");
}
