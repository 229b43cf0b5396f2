/**
 * Named sources that have never been read: until they are, their topologies are unknown, and the engine is not ready.
 *
 * @module
 */

import type { ApplyEvent } from "../api/apply_event.ts";
import type { UnreadSource } from "../reconcile/status/status_types.ts";
import type { Clock } from "../clock.ts";
import { addressWithoutSecrets } from "../sources/secret_text.ts";
import type { Source } from "../sources/source.ts";

type Emit = (event: ApplyEvent) => void;

/** Records them. */
export class UnreadSources {
  readonly #clock: Clock;
  readonly #unread = new Set<UnreadSource>();
  readonly #waiting = new Set<() => void>();
  /** The expected sources of the first request. */
  #expected: readonly UnreadSource[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The unread sources. */
  get all(): readonly UnreadSource[] {
    return [...this.#unread];
  }

  /** Records the sources of the first request before it arrives. */
  expect(locations: readonly string[]): void {
    this.#expected = this.#add(locations.map((one) => addressWithoutSecrets(one)));
  }

  /** Runs a request that reads sources; they are unread until its first event, or its end. */
  async during<T>(sources: readonly Source[], emit: Emit, run: (emit: Emit) => Promise<T>): Promise<T> {
    const unread = [...this.#expected, ...this.#add(sources.map(locationOf))];
    this.#expected = [];
    const read = (): void => {
      if (!unread.map((one) => this.#unread.delete(one)).includes(true)) return;
      for (const wake of [...this.#waiting]) wake();
    };
    try {
      return await run((event) => {
        // The kept state runs while the source itself cannot be read.
        read();
        emit(event);
      });
    } finally {
      read();
    }
  }

  /**
   * Waits until all are read or the time expires.
   *
   * @returns the remaining time
   */
  async wait(timeoutMs: number, signal?: AbortSignal): Promise<number> {
    if (this.#unread.size === 0 || timeoutMs === 0) return timeoutMs;
    const until = this.#clock.now() + timeoutMs;
    while (this.#unread.size > 0 && this.#clock.now() < until && signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      const timer = this.#clock.after(until - this.#clock.now(), resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      timer.cancel();
      this.#waiting.delete(resolve);
    }
    signal?.throwIfAborted();
    return Math.max(0, until - this.#clock.now());
  }

  #add(locations: readonly string[]): readonly UnreadSource[] {
    const since = this.#clock.wall().toISOString();
    const added = locations.map((location) => ({ location, since }));
    for (const one of added) this.#unread.add(one);
    return added;
  }
}

/** Why an engine is not ready, one line for each. */
export function unreadLines(unread: readonly UnreadSource[]): readonly string[] {
  return unread.map(({ location, problem }) => {
    if (problem === undefined) return `${location}: The source has not been read yet`;
    return `${location}: The source cannot be used: ${problem}`;
  });
}

/** The name of a source in status, without passwords. */
export function locationOf(source: Source): string {
  switch (source.kind) {
    case "path":
      return source.path;
    case "stdin":
      return "<stdin>";
    case "url":
    case "git":
      return addressWithoutSecrets(source.url);
  }
}
