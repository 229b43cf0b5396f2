/**
 * Tells those who wait that something has changed, without saying what: they look for themselves.
 *
 * @module
 */

/** One wait for the next change. */
export interface NextChange {
  /** Resolves with the next change; rejects with the signal's reason. */
  readonly promise: Promise<void>;
  /** Ends the wait; must be called in the end. */
  cancel(): void;
}

/** Wakes all that wait, every time. */
export class ChangeSignal {
  readonly #waiters = new Set<() => void>();

  /** Something has changed. */
  emit(): void {
    for (const emit of [...this.#waiters]) emit();
  }

  /** Begins to wait: a change that comes before anybody awaits the promise is not missed. */
  next(signal: AbortSignal | undefined): NextChange {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal?.reason);
    // Nobody may be listening yet when it aborts.
    promise.catch(() => undefined);
    this.#waiters.add(resolve);
    signal?.addEventListener("abort", abort, { once: true });
    const cancel = () => {
      this.#waiters.delete(resolve);
      signal?.removeEventListener("abort", abort);
    };
    return { promise, cancel };
  }
}
