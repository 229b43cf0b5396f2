/**
 * A closed socket that still sends its queue, for at most {@linkcode LINGER_MS}.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { LINGER_MS } from "../../socket/socket.ts";

/** The deadline, and the callers that wait for the end. */
export class Lingering<Part> {
  readonly kind = "lingering";
  /** The part that still sends. */
  readonly part: Part;
  readonly #timer: Timer;
  readonly #released: (() => void)[] = [];

  /** @param giveUp is called when the time expires */
  constructor(part: Part, clock: Pick<Clock, "after">, giveUp: () => void) {
    this.part = part;
    this.#timer = clock.after(LINGER_MS, giveUp);
  }

  /** Adds `released` to the calls at the end. */
  await(released: (() => void) | undefined): void {
    if (released !== undefined) this.#released.push(released);
  }

  /** Stops the timer, and returns the calls to make once the system has released the socket. */
  end(released: (() => void) | undefined): (() => void) | undefined {
    this.#timer.cancel();
    this.await(released);
    const waiting = this.#released;
    if (waiting.length === 0) return undefined;
    return () => {
      for (const released of waiting) released();
    };
  }
}
