/**
 * Requests of clients to read a followed source now. Several are answered by one read.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";

/** A client that requests a read, and receives the events. */
export interface Asking {
  readonly emit: (event: ApplyEvent) => void;
  /** The time limit for Ready. */
  readonly waitMs: number;
  /** Topologies that are applied although they were rolled back; null: all of them. */
  readonly reapply: readonly string[] | null;
}

/** No receiver. */
export const SILENT: Asking = { emit: () => {}, waitMs: 0, reapply: [] };

/** A request that is not answered yet. */
export interface Asked extends Asking {
  readonly done: PromiseWithResolvers<readonly ApplyOutcome[] | null>;
}

/** True for a request for some topologies, and not for the whole source. */
export function namesTopologies({ reapply }: Asking): boolean {
  return reapply !== null && reapply.length > 0;
}

/** The topologies that the requests apply although they were rolled back; null: all of them. */
export function reapplied(asked: readonly Asked[]): Asking["reapply"] {
  return asked.some((one) => one.reapply === null) ? null : asked.flatMap((one) => one.reapply ?? []);
}

/** The requests for one source. */
export class ReadRequests {
  #open: readonly Asked[] = [];

  /** The requests that are not answered yet. */
  get open(): readonly Asked[] {
    return this.#open;
  }

  /** Adds a request. Resolves with its answer; null if the source cannot be used. */
  add(asking: Asking): Promise<readonly ApplyOutcome[] | null> {
    const done = Promise.withResolvers<readonly ApplyOutcome[] | null>();
    this.#open = [...this.#open, { ...asking, done }];
    return done.promise;
  }

  /** Answers requests. */
  answer(asked: readonly Asked[], outcomes: readonly ApplyOutcome[] | null): void {
    this.#open = this.#open.filter((one) => !asked.includes(one));
    for (const one of asked) one.done.resolve(outcomes);
  }
}
