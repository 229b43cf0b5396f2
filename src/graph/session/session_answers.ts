/**
 * Later answers, and all other events.
 *
 * An answer is identified by its number. Its event may overtake the response with the number: then it is kept until it
 * is requested.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SessionEvent } from "./session.ts";

/** The result of a pending message. */
export type Late = Extract<SessionEvent, { readonly token: number }>;

/** Receives events and passes each to its receiver. */
export class Answers {
  readonly #show: (event: SessionEvent) => void;
  readonly #early = new Map<number, Late>();
  readonly #receivers = new Map<number, (late: Late) => void>();
  readonly #losers = new Set<(reason: Error) => void>();
  #over = false;

  /** @param show is called for events without a waiting receiver */
  constructor(show: (event: SessionEvent) => void) {
    this.#show = show;
  }

  /** Receives events until the end. */
  async follow(events: AsyncIterable<SessionEvent>): Promise<void> {
    try {
      for await (const event of events) this.handle(event);
    } finally {
      this.end();
    }
  }

  /** No more events arrive: waits for answers fail. */
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

  /** Shows an answer when it arrives. */
  leave(token: number): void {
    this.#when(token, this.#show);
  }

  #when(token: number, receive: (late: Late) => void): void {
    const early = this.#early.get(token);
    if (early === undefined) {
      this.#receivers.set(token, receive);
      return;
    }
    this.#early.delete(token);
    receive(early);
  }

  /** Receives one event. */
  handle(event: SessionEvent): void {
    if (!("token" in event)) return this.#show(event);
    const receive = this.#receivers.get(event.token);
    if (receive === undefined) {
      this.#early.set(event.token, event);
      return;
    }
    this.#receivers.delete(event.token);
    receive(event);
  }
}

function endedEarly(): NetgraphError {
  return new NetgraphError("ECONNRESET", "Cannot wait any longer: the session has ended");
}
