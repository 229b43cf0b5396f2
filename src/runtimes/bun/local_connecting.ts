/**
 * A connect to a local path in progress: retried while the listener's backlog is full, as a blocking connect waits.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { LocalCalls } from "./local_calls.ts";

/** The delay before a retry when the backlog is full, in milliseconds. */
const RETRY_MS = 10;

/** What to connect, and the receiver of the result. */
export interface LocalConnectingOptions {
  readonly path: string;
  readonly calls: Promise<LocalCalls | null>;
  readonly clock: Clock;
  /** Called once, on a turn of its own: with a descriptor, or the error; null if there are no such calls. */
  done(result: { readonly fd: number; readonly calls: LocalCalls } | NetgraphError | null): void;
}

/** A connect to a local path. */
export class LocalConnecting {
  readonly #options: LocalConnectingOptions;
  #retry: Timer | null = null;
  #finished = false;
  #isCanceled = false;

  constructor(options: LocalConnectingOptions) {
    this.#options = options;
    options.calls.then((calls) => calls === null ? this.#finish(null) : this.#try(calls), (error) => this.#fail(error));
  }

  /** Cancels it: `done` is called with ECANCELED. */
  cancel(): void {
    this.#isCanceled = true;
    const message = `Cannot connect to local/"${this.#options.path}": it was canceled`;
    queueMicrotask(() => this.#finish(new NetgraphError("ECANCELED", message)));
  }

  #try(calls: LocalCalls): void {
    if (this.#finished || this.#isCanceled) return;
    const result = calls.connect(this.#options.path);
    if (typeof result === "number") this.#finish({ fd: result, calls });
    else if (result.code !== "EAGAIN") this.#finish(result);
    else this.#retry = this.#options.clock.after(RETRY_MS, () => this.#try(calls));
  }

  #fail(error: unknown): void {
    this.#finish(error instanceof NetgraphError ? error : new NetgraphError("EIO", "Cannot connect", { cause: error }));
  }

  #finish(result: Parameters<LocalConnectingOptions["done"]>[0]): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#retry?.cancel();
    this.#options.done(result);
  }
}
