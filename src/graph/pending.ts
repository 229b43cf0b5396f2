/**
 * An answer that comes later, told by a call rather than by a promise: a worker that blocks in epoll runs no
 * microtasks, and a relay's bring-up should cost none.
 *
 * @module
 */

/** How an answer turned out. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** An answer that is settled once. */
export class Pending<T> {
  #outcome: Outcome<T> | null = null;
  #waiting: ((outcome: Outcome<T>) => void)[] = [];

  /** Answers. A second answer is ignored: whoever settles late has lost a race that was decided. */
  resolve(value: T): void {
    this.#settle({ ok: true, value });
  }

  /** Fails. */
  reject(error: unknown): void {
    this.#settle({ ok: false, error });
  }

  /** Calls `tell` with the outcome: from within, when it is known already, else from within the settling call. */
  whenSettled(tell: (outcome: Outcome<T>) => void): void {
    if (this.#outcome !== null) tell(this.#outcome);
    else this.#waiting.push(tell);
  }

  /** The same as a promise, for the edges. */
  promise(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.whenSettled((outcome) => outcome.ok ? resolve(outcome.value) : reject(outcome.error));
    });
  }

  #settle(outcome: Outcome<T>): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell(outcome);
  }
}

/**
 * Takes steps one after the other, each when the one before has its answer; goes on from within the settling call.
 *
 * @returns null when all are done, at once where none had to wait
 * @throws what a step throws before any had to wait
 */
export function inTurn(steps: readonly (() => unknown)[]): null | Pending<null> {
  for (const [index, step] of steps.entries()) {
    const answer = step();
    if (answer instanceof Pending) return goOn(answer, steps.slice(index + 1));
  }
  return null;
}

function goOn(answer: Pending<unknown>, steps: readonly (() => unknown)[]): Pending<null> {
  const done = new Pending<null>();
  answer.whenSettled((outcome) => {
    if (!outcome.ok) return done.reject(outcome.error);
    try {
      const rest = inTurn(steps);
      if (rest === null) return done.resolve(null);
      rest.whenSettled((end) => end.ok ? done.resolve(null) : done.reject(end.error));
    } catch (error) {
      done.reject(error);
    }
  });
  return done;
}
