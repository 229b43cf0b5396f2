/**
 * Shutdown by SIGINT and SIGTERM, with their number.
 *
 * A verb that does not handle it is interrupted immediately: an engine continues without its client. Code that must
 * shut down gracefully, such as an engine, holds the signal; then only a second signal interrupts it. A task runner
 * delivers one Ctrl-C twice within a millisecond, so a second signal counts only if it arrives a second or more after
 * the first.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import type { HostProcess } from "../../../runtimes/runtime.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";

/** A second signal before that is the first one's echo. */
const ECHO_MS = 1_000;

/** Handles the signals, from its creation until it is disposed. */
export class ShutdownSignal implements Disposable {
  readonly #clock: Clock;
  readonly #asked = Promise.withResolvers<ExitCode>();
  readonly #insisted = Promise.withResolvers<ExitCode>();
  readonly #controller = new AbortController();
  readonly #exiting = new AbortController();
  #holders = 0;
  #code: ExitCode | null = null;
  readonly #unlisten: readonly (() => void)[];
  #since: number | null = null;
  #first: ExitCode | null = null;

  constructor(process: Pick<HostProcess, "onSignal">, clock: Clock) {
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

  /** Interrupts, like SIGINT. */
  interrupt(): void {
    this.#take(EXIT.interrupted);
  }

  /** Requests a shutdown, like SIGTERM. */
  ask(): void {
    this.#take(EXIT.terminated);
  }

  /** Aborts with the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts when the program must be interrupted: with the first signal, or with a second one while it is held. */
  get exiting(): AbortSignal {
    return this.#exiting.signal;
  }

  /** The exit code of the interrupted program; null while it is not interrupted. */
  get code(): ExitCode | null {
    return this.#code;
  }

  /**
   * From now on the first signal is for the caller to obey, until what is returned is called.
   */
  hold(): Disposable {
    this.#holders += 1;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#holders -= 1;
        if (this.#holders === 0 && this.#first !== null) this.#leave(this.#first);
      },
    };
  }

  [Symbol.dispose](): void {
    for (const unlisten of this.#unlisten) unlisten();
  }

  #take(code: ExitCode): void {
    const now = this.#clock.now();
    if (this.#since === null) {
      this.#since = now;
      this.#first = code;
      if (this.#holders === 0) this.#leave(code);
      this.#asked.resolve(code);
      this.#controller.abort();
    } else if (now - this.#since >= ECHO_MS) {
      this.#leave(code);
      this.#insisted.resolve(code);
    }
  }

  #leave(code: ExitCode): void {
    this.#code ??= code;
    this.#exiting.abort();
  }
}
