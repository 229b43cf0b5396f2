/**
 * A closed socket that still sends its queue, for at most {@linkcode LINGER_MS}.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { LINGER_MS } from "../../socket/socket.ts";

/** The deadline, and the callers that wait for the end. */
export class Lingering<Sender> {
  readonly kind = "lingering";
  /** The socket that still sends. */
  readonly socket: Sender;
  readonly #timer: Timer;
  readonly #released: (() => void)[] = [];

  /** @param onTimeout is called when the time expires */
  constructor(socket: Sender, clock: Pick<Clock, "after">, onTimeout: () => void) {
    this.socket = socket;
    this.#timer = clock.after(LINGER_MS, onTimeout);
  }

  /** Adds `released` to the calls at the end. */
  addCallback(released: (() => void) | undefined): void {
    if (released !== undefined) this.#released.push(released);
  }

  /** Stops the timer, and returns the calls to make once the system has released the socket. */
  end(released: (() => void) | undefined): (() => void) | undefined {
    this.#timer.cancel();
    this.addCallback(released);
    const waiting = this.#released;
    if (waiting.length === 0) return undefined;
    return () => {
      for (const released of waiting) released();
    };
  }
}
