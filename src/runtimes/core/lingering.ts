/**
 * A socket that was closed and still sends what it had queued: for {@linkcode LINGER_MS} at most.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { LINGER_MS } from "../../socket/socket.ts";

/** The time that it has, and the callers that wait for its end. */
export class Lingering<Part> {
  readonly kind = "lingering";
  /** What still sends. */
  readonly part: Part;
  readonly #timer: Timer;
  readonly #released: (() => void)[] = [];

  /** @param giveUp is called when the time is over */
  constructor(part: Part, clock: Pick<Clock, "after">, giveUp: () => void) {
    this.part = part;
    this.#timer = clock.after(LINGER_MS, giveUp);
  }

  /** Lets `released` be called at the end too. */
  await(released: (() => void) | undefined): void {
    if (released !== undefined) this.#released.push(released);
  }

  /** Stops the timer, and returns what is to be called once the system has taken the socket back. */
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
