/**
 * What a runtime has asked the system for beside sockets: name lookups and stale paths. None can be given up in the
 * system, so a runtime that ends waits for them and tells nobody.
 *
 * @module
 */

import type { NetgraphError } from "../errors.ts";
import { systemError } from "./system_error.ts";

/** Promises whose results reach callbacks. */
export class HostTasks {
  readonly #tasks = new Set<Promise<void>>();
  #closed = false;

  /** Hands the result on, or the failure. */
  track<T>(work: Promise<T>, done: (result: T | NetgraphError) => void): void {
    const task = this.#run(work, done).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** Waits for what is under way; nobody is told any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#tasks);
  }

  async #run<T>(work: Promise<T>, done: (result: T | NetgraphError) => void): Promise<void> {
    const result = await work.catch((error) => systemError(error, "Cannot ask the system"));
    if (!this.#closed) done(result);
  }
}
