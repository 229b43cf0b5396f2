/**
 * The system requests of a runtime beside sockets: name lookups and stale paths. They cannot be canceled in the system,
 * so a closing runtime waits for them and drops their results.
 *
 * @module
 */

import type { NetgraphError } from "../errors.ts";
import { systemError } from "./system_error.ts";

/** Promises whose results are passed to callbacks. */
export class HostTasks {
  readonly #tasks = new Set<Promise<void>>();
  #closed = false;

  /** Passes on the result, or the error. */
  track<T>(work: Promise<T>, done: (result: T | NetgraphError) => void): void {
    const task = this.#run(work, done).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** Waits for requests in progress; no callback is called any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#tasks);
  }

  async #run<T>(work: Promise<T>, done: (result: T | NetgraphError) => void): Promise<void> {
    const result = await work.catch((error) => systemError(error, "Cannot ask the system"));
    if (!this.#closed) done(result);
  }
}
