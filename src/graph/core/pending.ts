/**
 * An answer that comes later, told by a call rather than by a promise: a worker that blocks in epoll runs no
 * microtasks, and a relay's bring-up should cost none.
 *
 * @module
 */

/** How an answer turned out. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/**
 * An answer that is settled once.
 *
 * @example
 * ```ts
 * import { Pending } from "@sockgraph/sockgraph";
 *
 * const answer = new Pending<number>();
 * answer.whenSettled((outcome) => outcome.ok && console.log(outcome.value)); // 42
 * answer.resolve(42);
 * ```
 */
export class Pending<T> {
  #outcome: Outcome<T> | null = null;
  /** Tells whoever waits: mostly one, for whom an array would be too much. */
  #waiting: ((outcome: Outcome<T>) => void) | null = null;

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
    const before = this.#waiting;
    if (this.#outcome !== null) return tell(this.#outcome);
    this.#waiting = before === null ? tell : (outcome) => {
      before(outcome);
      tell(outcome);
    };
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
    this.#waiting = null;
    waiting?.(outcome);
  }
}

/**
 * Takes a step for each of `things`, one after the other, each when the one before has its answer; goes on from within
 * the settling call.
 *
 * @returns null when all are done, at once where none had to wait
 * @throws what a step throws before any had to wait
 */
export function inTurn<T>(things: readonly T[], step: (thing: T) => unknown): null | Pending<unknown> {
  return goOn({ things, step }, 0);
}

interface Steps<T> {
  readonly things: readonly T[];
  readonly step: (thing: T) => unknown;
}

function goOn<T>(steps: Steps<T>, from: number): null | Pending<unknown> {
  let index = from;
  for (const thing of from === 0 ? steps.things : steps.things.slice(from)) {
    index++;
    const answer = steps.step(thing);
    if (!(answer instanceof Pending)) continue;
    return index === steps.things.length ? answer : later(answer, () => goOn(steps, index));
  }
  return null;
}

function later(answer: Pending<unknown>, goOn: () => null | Pending<unknown>): Pending<unknown> {
  const done = new Pending<unknown>();
  answer.whenSettled((outcome) => {
    if (!outcome.ok) return done.reject(outcome.error);
    try {
      const rest = goOn();
      if (rest === null) return done.resolve(null);
      rest.whenSettled((end) => end.ok ? done.resolve(null) : done.reject(end.error));
    } catch (error) {
      done.reject(error);
    }
  });
  return done;
}
