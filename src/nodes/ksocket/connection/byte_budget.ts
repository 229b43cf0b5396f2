/**
 * A byte rate that one or many connections share: each byte is charged when it has passed, and a connection waits until
 * its debt is paid. While connections wait, each of them gets an equal part of what the rate adds, so that none is
 * starved.
 *
 * A charge allocates nothing, and reads the clock only when the bytes are used up.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import { LinkedList, type ListNode } from "../../../linked_list.ts";

/** What may pass at once after a pause, as time at the rate: a turn that comes late loses nothing. */
const BURST_MS = 100;
/** How often waiting connections get their part. */
const TICK_MS = 10;
/** The least that a connection gets at a time, unless the rate is low. */
const PART_BYTES = 16 * 1024;

/** One direction of one connection at a budget. */
export class ByteClaim implements ListNode<ByteClaim> {
  readonly #budget: ByteBudget;
  /** Called once after each charge that returned false: it may continue. */
  readonly granted: () => void;
  prev: ByteClaim | null = null;
  next: ByteClaim | null = null;
  /** The bytes that it may still pass; below zero: its debt. Only the budget writes here, as to the next two. */
  allowance = 0;
  /** The time of scarcity that `allowance` belongs to. */
  scarcity = 0;
  isWaiting = false;

  constructor(budget: ByteBudget, granted: () => void) {
    this.#budget = budget;
    this.granted = granted;
  }

  /**
   * Charges bytes that have passed.
   *
   * @returns false if it has to wait
   */
  charge(bytes: number): boolean {
    return this.#budget.charge(this, bytes);
  }

  /** It passes nothing any more. */
  leave(): void {
    this.#budget.leave(this);
  }
}

/** A rate of bytes. */
export class ByteBudget {
  readonly #clock: Clock;
  /** The rate in bytes per second; 0 is no limit. */
  readonly #rate: () => number;
  readonly #waiting = new LinkedList<ByteClaim>();
  #tokens: number;
  /** When tokens were added last. */
  #at: number;
  /** Runs while bytes are scarce. */
  #timer: Timer | null = null;
  #scarcity = 0;

  constructor(clock: Clock, rate: () => number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#at = clock.now();
    this.#tokens = rate() * BURST_MS / 1_000;
  }

  /** Charges bytes that have passed; false if the claim has to wait until it is granted. */
  charge(claim: ByteClaim, bytes: number): boolean {
    this.#tokens -= bytes;
    if (this.#timer === null && (this.#tokens > 0 || this.#refill() > 0)) return true;
    if (this.#timer === null) this.#scarcity++;
    if (claim.scarcity !== this.#scarcity) {
      claim.scarcity = this.#scarcity;
      claim.allowance = 0;
    }
    claim.allowance -= bytes;
    if (claim.allowance > 0 && this.#tokens > 0) return true;
    if (!claim.isWaiting) {
      claim.isWaiting = true;
      this.#waiting.add(claim);
    }
    if (this.#timer === null) this.#arm();
    return false;
  }

  /** Forgets a claim. */
  leave(claim: ByteClaim): void {
    if (claim.isWaiting) this.#remove(claim);
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** The rate has changed. */
  changed(): void {
    if (this.#timer === null) return void this.#refill();
    this.#timer.cancel();
    this.#tick();
  }

  #remove(claim: ByteClaim): void {
    claim.isWaiting = false;
    this.#waiting.remove(claim);
  }

  #arm(): void {
    const debtMs = this.#tokens < 0 ? -this.#tokens * 1_000 / this.#rate() : 0;
    this.#timer = this.#clock.after(Math.max(TICK_MS, Math.ceil(debtMs)), () => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    const tokens = this.#refill();
    // Bytes were not scarce since the last time.
    if (this.#waiting.size === 0) return;
    if (this.#rate() > 0) this.#arm();
    if (tokens > 0) this.#grant(tokens);
  }

  /**
   * Grants claims in turn, as many as the tokens suffice for. Each gets the same part: who is in debt waits for more of
   * them. A claim that is granted passes bytes immediately, and may wait again.
   */
  #grant(tokens: number): void {
    const waiting = this.#waiting.list();
    const part = Math.max(tokens / waiting.length, Math.min(PART_BYTES, this.#rate() * BURST_MS / 1_000));
    const leastDebt = waiting.reduce((least, { allowance }) => Math.min(least, -allowance), Infinity);
    let left = tokens;
    for (const claim of waiting) {
      if (left <= 0) return;
      if (!claim.isWaiting) continue;
      this.#remove(claim);
      claim.allowance = Math.min(claim.allowance + Math.max(0, leastDebt) + part, part);
      if (claim.allowance > 0) {
        left -= part;
        claim.granted();
      } else {
        claim.isWaiting = true;
        this.#waiting.add(claim);
      }
    }
  }

  #refill(): number {
    const now = this.#clock.now();
    const rate = this.#rate();
    const most = rate * BURST_MS / 1_000;
    this.#tokens = rate === 0 ? Infinity : Math.min(most, finite(this.#tokens) + (now - this.#at) * rate / 1_000);
    this.#at = now;
    return this.#tokens;
  }
}

/** Without a rate there is no end of tokens, and with the next one there are none. */
function finite(tokens: number): number {
  return tokens === Infinity ? 0 : tokens;
}
