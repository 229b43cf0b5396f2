/**
 * Watches the path of a served control socket. The system does not report its removal: the socket stays open, and no
 * client finds it. Therefore the path is checked about once per second, and recreated if it is missing; a file of
 * another program is kept.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import type { Files } from "../runtimes/runtime.ts";

/** The dependencies of a path. */
export interface ControlPathOptions {
  readonly clock: Clock;
  readonly files: Pick<Files, "stat">;
  readonly path: string;
  /** Serves again at the path, which is free. */
  readonly serveAgain: () => Promise<void>;
  /** Called when it is served again, and once with the reason if it cannot be. */
  readonly emit: (error: NetgraphError | null) => void;
}

/** The interval of the checks. */
const CHECK_INTERVAL_MS = 1_000;

/** Watches a path. */
export class ControlPath {
  readonly #options: ControlPathOptions;
  #timer: Timer | null = null;
  #checking: Promise<void> = Promise.resolve();
  #closed = false;
  /** True once it was reported that the path is not available. */
  #reported = false;

  constructor(options: ControlPathOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Stops watching it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#checking;
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(CHECK_INTERVAL_MS, () => {
      this.#checking = this.#check().then(() => {
        if (!this.#closed) this.#arm();
      });
    });
  }

  async #check(): Promise<void> {
    const { files, path, serveAgain, emit } = this.#options;
    try {
      if (await files.stat(path) !== null || this.#closed) return;
      await serveAgain();
      this.#reported = false;
      emit(null);
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      if (!this.#reported) emit(error);
      this.#reported = true;
    }
  }
}
