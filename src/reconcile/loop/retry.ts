/**
 * The retries of a node, the time of the next one, and the reset of their number.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { retryDelayMs, SETTLED_AFTER_MS } from "./backoff.ts";
import type { ErrorData } from "../../errors.ts";
import type { Retry } from "../status/status_node.ts";

/** The attempts to repair one node. */
export class RetryState implements Retry {
  readonly #clock: Clock;
  #attempt = 0;
  #restarts = 0;
  #nextRetryAt: Date | null = null;
  #timer: Timer | null = null;
  #settling: Timer | null = null;
  #ended: "terminal" | "finished" | null = null;
  #failure: ErrorData | null = null;
  #underWay = false;
  /** True while the loop has removed the node and could not recreate it: then it is incomplete or missing. */
  rebuilding = false;
  /** True from an attempt on until it has succeeded or failed. */
  attempting = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get nextRetryAt(): Date | null {
    return this.#nextRetryAt;
  }

  get failure(): ErrorData | null {
    return this.#failure;
  }

  get attempt(): number | null {
    return this.#underWay ? this.#restarts : null;
  }

  get terminal(): boolean {
    return this.#ended === "terminal";
  }

  get finished(): boolean {
    return this.#ended === "finished";
  }

  /** True while an attempt is planned. */
  get planned(): boolean {
    return this.#timer !== null;
  }

  /**
   * Plans the next attempt.
   *
   * @param random a number from 0 up to 1
   * @param failure why it is needed; null to keep the earlier one
   * @returns the delay
   */
  plan(random: number, attempt: () => void, failure: ErrorData | null = null): number {
    this.cancel();
    this.#failure = failure ?? this.#failure;
    this.#ended = null;
    this.attempting = false;
    const delayMs = retryDelayMs(this.#attempt, random);
    this.#attempt += 1;
    this.#nextRetryAt = new Date(this.#clock.wall().getTime() + delayMs);
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = null;
      this.#nextRetryAt = null;
      this.#restarts += 1;
      this.#underWay = true;
      attempt();
    });
    return delayMs;
  }

  /** Gives up: no more attempts. */
  end(how: "terminal" | "finished"): void {
    this.cancel();
    this.#ended = how;
  }

  /** The node works: after a while its next failure will count as the first. */
  settle(): void {
    this.#cancelAttempt();
    this.#ended = null;
    this.#failure = null;
    if (this.#attempt === 0) return;
    this.#settling ??= this.#clock.after(SETTLED_AFTER_MS, () => {
      this.#settling = null;
      this.#attempt = 0;
    });
  }

  /** Cancels all planned attempts. */
  cancel(): void {
    this.#cancelAttempt();
    this.#settling?.cancel();
    this.#settling = null;
  }

  #cancelAttempt(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#underWay = false;
    this.#nextRetryAt = null;
  }
}
