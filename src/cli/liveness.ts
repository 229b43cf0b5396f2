/**
 * Notices that the engine does not answer: while an exchange is silent, another connection asks whether the engine
 * lives. So an operation may take as long as it needs, and an engine that is stopped or hangs is noticed in seconds.
 *
 * Silence is counted in ticks of our own timer, not in time: where the whole machine is slow, patience is longer.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";

const TICK_MS = 500;
/** Silent ticks until an engine that has not answered at all is given up: 3 s. */
const FIRST_TICKS = 6;
/** The same once the engine has answered on this exchange: 5 s. */
const LATER_TICKS = 10;

/** How an exchange is watched. */
export interface LivenessOptions {
  readonly clock: Clock;
  /** Asks whether the engine lives; resolves when it answers. */
  readonly probe: (options: { signal: AbortSignal }) => Promise<void>;
  /** How long the answer may take to begin although the engine lives; null: as long as it needs. */
  readonly limitMs: number | null;
}

/** Why an exchange is given up. */
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

  /** Settles when the exchange is to be given up; never, when it is stopped before. */
  get lost(): Promise<Silence> {
    return this.#lost.promise;
  }

  /** Something of the answer has come. */
  heard(): void {
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
    if (this.#silentTicks >= (this.#lives ? LATER_TICKS : FIRST_TICKS)) return this.#giveUp("engine");
    if (limitMs !== null && !this.#begun && this.#waitedTicks * TICK_MS >= limitMs) return this.#giveUp("answer");
    if (!this.#probing) void this.#probe();
    this.#arm();
  }

  #giveUp(silence: Silence): void {
    this.stop();
    this.#lost.resolve(silence);
  }

  async #probe(): Promise<void> {
    this.#probing = true;
    try {
      await this.#options.probe({ signal: this.#over.signal });
      this.#alive();
    } catch {
      // Who cannot be asked does not answer: the ticks go on.
    } finally {
      this.#probing = false;
    }
  }
}
