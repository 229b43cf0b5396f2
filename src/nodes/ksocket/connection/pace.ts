/**
 * The byte rates of one connection: its own, and that of all connections of its listener; each direction by itself. Data
 * that exceeds a rate is forwarded, and its sender is stopped until the rate allows more; nothing is queued here.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import { BackPressure } from "../../../graph/core/back_pressure.ts";
import type { Hook } from "../../../graph/core/hook.ts";
import { ByteBudget, ByteClaim } from "./byte_budget.ts";

/** The budgets of the two directions: `in` is what sockets read, `out` what they send. */
export interface ByteBudgets {
  readonly in: ByteBudget;
  readonly out: ByteBudget;
}

/** Budgets of the same rate for both directions. */
export function byteBudgets(clock: Clock, rate: () => number): ByteBudgets {
  return { in: new ByteBudget(clock, rate), out: new ByteBudget(clock, rate) };
}

/** The connection, which is stopped and resumed. */
export interface PacedConnection {
  /** Reads again, unless something else prevents it. */
  resumeReading(): void;
  /** `outBlocked`: its socket takes no data. */
  readonly times: { readonly outBlocked: boolean };
}

/** Stops and resumes the two directions of a connection. */
export class Pace {
  readonly #connection: PacedConnection;
  readonly #in: PacedWay;
  readonly #out: PacedWay;
  readonly #senders = new BackPressure();
  /** The hook whose sender was stopped last. */
  #hook: Hook | null = null;
  /** True while it must not begin, because others have to send before. */
  #isQueued = false;

  constructor(connection: PacedConnection, budgets: readonly ByteBudgets[]) {
    this.#connection = connection;
    this.#in = new PacedWay(budgets.map((one) => one.in), () => this.#resumeReading());
    this.#out = new PacedWay(budgets.map((one) => one.out), () => {
      if (!connection.times.outBlocked) this.#senders.resume(this.#hook);
      if (!this.#isQueued) return;
      this.#isQueued = false;
      this.#resumeReading();
    });
  }

  /**
   * The socket is to be read for the first time. While the budget of a direction is exhausted, it waits in its queue:
   * otherwise many short connections would exceed the rate, each with its first bytes.
   *
   * @returns false if it has to wait
   */
  begin(): boolean {
    this.#isQueued = !this.#out.charge(0);
    return this.#in.charge(0) && !this.#isQueued;
  }

  /** The socket has read bytes; false if it is to read no more now. */
  read(bytes: number): boolean {
    return this.#in.charge(bytes);
  }

  /**
   * The socket has sent bytes of a hook.
   *
   * @returns what `receive` has to return
   */
  sent(hook: Hook, bytes: number): void | false {
    if (this.#out.charge(bytes)) return;
    this.#hook = hook;
    return this.#senders.stop(hook);
  }

  /** True while the socket must not be read. */
  get readingStopped(): boolean {
    return this.#in.isWaiting || this.#isQueued;
  }

  /** The socket takes data again: resumes the sender at a hook, unless it has to wait. */
  drained(hook: Hook): void {
    if (this.#out.isWaiting) return;
    this.#senders.forget(hook);
    hook.resume();
  }

  /** The connection has ended. */
  end(): void {
    this.#in.end();
    this.#out.end();
  }

  /** Removes the limit and resumes the directions that it stopped. */
  stop(): void {
    const { readingStopped } = this;
    this.end();
    if (readingStopped) this.#connection.resumeReading();
    if (!this.#connection.times.outBlocked) this.#senders.resume(this.#hook);
  }

  #resumeReading(): void {
    if (!this.readingStopped) this.#connection.resumeReading();
  }
}

/** One direction, which continues when all of its budgets have granted it. */
class PacedWay {
  readonly #claims: readonly ByteClaim[];
  #waits = 0;

  constructor(budgets: readonly ByteBudget[], resume: () => void) {
    const granted = (): void => {
      if (--this.#waits === 0) resume();
    };
    this.#claims = budgets.map((budget) => new ByteClaim(budget, granted));
  }

  get isWaiting(): boolean {
    return this.#waits > 0;
  }

  charge(bytes: number): boolean {
    for (const claim of this.#claims) {
      const waited = claim.isWaiting;
      if (!claim.charge(bytes) && !waited) this.#waits++;
    }
    return this.#waits === 0;
  }

  end(): void {
    this.#waits = 0;
    for (const claim of this.#claims) claim.leave();
  }
}
