/**
 * Combines events of changed scopes: they are emitted for every connection, and one of them is as good as many.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { FromGraph } from "../../graph/port/port_message.ts";

/** The delay of such an event. */
const CHANGED_DELAY_MS = 10;

/** Sends one event for all events of a scope within a short time. */
export class ChangedEvents {
  readonly #clock: Clock;
  readonly #send: (message: FromGraph) => void;
  readonly #waiting = new Map<string, FromGraph>();

  constructor(clock: Clock, send: (message: FromGraph) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Takes a message if it is such an event; it is sent later. */
  take(message: FromGraph): boolean {
    if (message.kind !== "event" || message.event.kind !== "changed") return false;
    if (this.#waiting.size === 0) this.#clock.after(CHANGED_DELAY_MS, () => this.#sendAll());
    this.#waiting.set(message.event.scope, message);
    return true;
  }

  #sendAll(): void {
    for (const message of this.#waiting.values()) this.#send(message);
    this.#waiting.clear();
  }
}
