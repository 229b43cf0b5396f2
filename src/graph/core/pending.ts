/**
 * An answer that follows later, by a call rather than by a promise: a worker that blocks in epoll runs no microtasks,
 * and a relay's bring-up should cost none.
 *
 * @module
 */

/** The outcome of an answer. */
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
  /** Calls the waiting functions: usually one, which needs no array. */
  #waiting: ((outcome: Outcome<T>) => void) | null = null;

  /** Resolves it. A second call is ignored: it lost the race. */
  resolve(value: T): void {
    this.#settle({ ok: true, value });
  }

  /** Rejects it. */
  reject(error: unknown): void {
    this.#settle({ ok: false, error });
  }

  /** Calls `notify` with the outcome: from within, if it is already known, otherwise from within the settling call. */
  whenSettled(notify: (outcome: Outcome<T>) => void): void {
    const before = this.#waiting;
    if (this.#outcome !== null) return notify(this.#outcome);
    this.#waiting = before === null ? notify : (outcome) => {
      before(outcome);
      notify(outcome);
    };
  }

  /** The same as a promise, for callers that use promises. */
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
 * Calls a function for each of `things`, one after the other, each after the previous answer; continues from within the
 * settling call.
 *
 * @returns null when all are done, immediately if none had to wait
 * @throws the exception of a call, if none had to wait before
 */
export function inTurn<T>(things: readonly T[], step: (thing: T) => unknown): null | Pending<unknown> {
  return runFrom({ things, step }, 0);
}

interface Steps<T> {
  readonly things: readonly T[];
  readonly step: (thing: T) => unknown;
}

function runFrom<T>(steps: Steps<T>, from: number): null | Pending<unknown> {
  let index = from;
  for (const thing of from === 0 ? steps.things : steps.things.slice(from)) {
    index++;
    const answer = steps.step(thing);
    if (!(answer instanceof Pending)) continue;
    return index === steps.things.length ? answer : later(answer, () => runFrom(steps, index));
  }
  return null;
}

function later(answer: Pending<unknown>, next: () => null | Pending<unknown>): Pending<unknown> {
  const done = new Pending<unknown>();
  answer.whenSettled((outcome) => {
    if (!outcome.ok) return done.reject(outcome.error);
    try {
      const rest = next();
      if (rest === null) return done.resolve(null);
      rest.whenSettled((end) => end.ok ? done.resolve(null) : done.reject(end.error));
    } catch (error) {
      done.reject(error);
    }
  });
  return done;
}
