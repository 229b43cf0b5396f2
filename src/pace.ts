/**
 * Long work in pieces: a generator says where it may rest, and whoever runs it lets others have the thread there every
 * few milliseconds. The same work runs at a stretch where nobody waits.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Work that may rest at every `yield`. */
export type Work<T> = Generator<void, T, void>;

/** Whose time it is, and how others get their turn. */
export interface Pace {
  readonly clock: Clock;
  /** Lets everything else in this thread go on for a turn; without it the work is done at a stretch. */
  readonly breathe?: (() => Promise<void>) | undefined;
}

/** How long work may keep the thread to itself. */
const BREATHE_EVERY_MS = 5;

/** Does work at a stretch. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Does work and lets others have the thread meanwhile. */
export async function inPieces<T>(work: Work<T>, pace: Pace): Promise<T> {
  const breath = new Breath(pace);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (breath.due) await breath.take();
  }
}

/** Says when others shall have the thread. */
export class Breath {
  readonly #pace: Pace;
  #since: number;

  constructor(pace: Pace) {
    this.#pace = pace;
    this.#since = pace.clock.now();
  }

  /** True when the thread was kept for long enough. */
  get due(): boolean {
    return this.#pace.breathe !== undefined && this.#pace.clock.now() - this.#since >= BREATHE_EVERY_MS;
  }

  /** Lets others have it. */
  async take(): Promise<void> {
    await this.#pace.breathe?.();
    this.#since = this.#pace.clock.now();
  }
}
