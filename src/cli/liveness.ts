/**
 * Detects an engine that does not answer: while an exchange is silent, another connection checks whether the engine is
 * alive. Therefore an operation may take as long as it needs, and an engine that is stopped or hangs is detected in
 * seconds.
 *
 * Silence is counted in ticks of our own timer, not in time: on a slow machine the limit is longer.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";

const TICK_MS = 500;
/** Silent ticks before an engine without any answer counts as hanging: 3 s. */
const FIRST_TICKS = 6;
/** The same once the engine has answered on this exchange: 5 s. */
const LATER_TICKS = 10;

/** An engine that has answered is asked again after so many silent ticks: a hundred clients may wait for it. */
const ASK_AGAIN_TICKS = 4;

/** The options of watching an exchange. */
export interface LivenessOptions {
  readonly clock: Clock;
  /** Checks whether the engine is alive; resolves when it answers. */
  readonly probe: (options: { signal: AbortSignal }) => Promise<void>;
  /** The time limit until the start of the answer while the engine is alive; null: no limit. */
  readonly limitMs: number | null;
}

/** The reason for canceling an exchange. */
export type Silence = "engine" | "answer";

/** Watches one exchange, from when it is made until it is stopped. */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #over = new AbortController();
  readonly #lost = Promise.withResolvers<Silence>();
  #timer: Timer | null = null;
  #probing = false;
  #silentTicks = 0;
  #waitedTicks = 0;
  #lives = false;
  #begun = false;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Resolves when the exchange must be canceled; never, if it is stopped before. */
  get lost(): Promise<Silence> {
    return this.#lost.promise;
  }

  /** A part of the answer has arrived. */
  noteAnswer(): void {
    this.#begun = true;
    this.#alive();
  }

  /** Watches no longer. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#over.abort();
  }

  #alive(): void {
    this.#silentTicks = 0;
    this.#lives = true;
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const { limitMs } = this.#options;
    this.#silentTicks += 1;
    this.#waitedTicks += 1;
    if (this.#silentTicks >= (this.#lives ? LATER_TICKS : FIRST_TICKS)) return this.#reportLost("engine");
    if (limitMs !== null && !this.#begun && this.#waitedTicks * TICK_MS >= limitMs) return this.#reportLost("answer");
    if (!this.#probing && (!this.#lives || this.#silentTicks >= ASK_AGAIN_TICKS)) void this.#probe();
    this.#arm();
  }

  #reportLost(silence: Silence): void {
    this.stop();
    this.#lost.resolve(silence);
  }

  async #probe(): Promise<void> {
    this.#probing = true;
    try {
      await this.#options.probe({ signal: this.#over.signal });
      this.#alive();
    } catch {
      // A check that cannot be sent counts as unanswered: the ticks continue.
    } finally {
      this.#probing = false;
    }
  }
}
