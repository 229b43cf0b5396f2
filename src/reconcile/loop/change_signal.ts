/**
 * Notifies waiting callers of a change, without details: they read the state themselves.
 *
 * @module
 */

/** One wait for the next change. */
export interface NextChange {
  /** Resolves with the next change; rejects with the signal's reason. */
  readonly promise: Promise<void>;
  /** Ends the wait; must be called. */
  cancel(): void;
}

/** Wakes all waiting callers, every time. */
export class ChangeSignal {
  readonly #waiters = new Set<() => void>();

  /** Something has changed. */
  emit(): void {
    for (const emit of [...this.#waiters]) emit();
  }

  /** Starts to wait: a change before the promise is awaited is not missed. */
  next(signal: AbortSignal | undefined): NextChange {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal?.reason);
    // It may abort before there is a listener.
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
