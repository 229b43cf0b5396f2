/**
 * The wish to end: SIGINT and SIGTERM, and how often they came.
 *
 * A task runner delivers one Ctrl-C twice within a millisecond, so a second signal means "at once" only when it comes a
 * second or more after the first.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { ProcessFace } from "../../runtimes/runtime.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";

/** A second signal before that is the first one's echo. */
const ECHO_MS = 1_000;

/** Listens for the wish to end, from when it is made until it is disposed of. */
export class StopWish implements Disposable {
  readonly #clock: Clock;
  readonly #asked = Promise.withResolvers<ExitCode>();
  readonly #insisted = Promise.withResolvers<ExitCode>();
  readonly #controller = new AbortController();
  readonly #unlisten: readonly (() => void)[];
  #since: number | null = null;

  constructor(process: Pick<ProcessFace, "onSignal">, clock: Clock) {
    this.#clock = clock;
    this.#unlisten = [
      process.onSignal("SIGINT", () => this.#take(EXIT.interrupted)),
      process.onSignal("SIGTERM", () => this.#take(EXIT.terminated)),
    ];
  }

  /** Settles with the code of the first signal. */
  get asked(): Promise<ExitCode> {
    return this.#asked.promise;
  }

  /** Settles with the code of a second signal that was no echo. */
  get insisted(): Promise<ExitCode> {
    return this.#insisted.promise;
  }

  /** Is a wish like SIGTERM, which somebody has by other means. */
  ask(): void {
    this.#take(EXIT.terminated);
  }

  /** Aborts with the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const unlisten of this.#unlisten) unlisten();
  }

  #take(code: ExitCode): void {
    const now = this.#clock.now();
    if (this.#since === null) {
      this.#since = now;
      this.#asked.resolve(code);
      this.#controller.abort();
    } else if (now - this.#since >= ECHO_MS) {
      this.#insisted.resolve(code);
    }
  }
}
