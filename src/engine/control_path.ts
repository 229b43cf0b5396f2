/**
 * Looks after the path of a control socket that is served. A system says nothing when somebody removes it: the socket
 * lives on, and no client finds it. So it is looked at about once a second, and what is gone is made anew; what others
 * have put there stays theirs.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import type { Files } from "../runtimes/runtime.ts";

/** How a path is looked after. */
export interface ControlPathOptions {
  readonly clock: Clock;
  readonly files: Pick<Files, "stat">;
  readonly path: string;
  /** Serves at the path anew, which is free. */
  readonly serveAgain: () => Promise<void>;
  /** Is told when it is served again, and once why it cannot be. */
  readonly emit: (error: NetgraphError | null) => void;
}

/** How often the path is looked at. */
const LOOK_MS = 1_000;

/** Keeps a path. */
export class ControlPath {
  readonly #options: ControlPathOptions;
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;
  /** True once it was told that the path cannot be had. */
  #told = false;

  constructor(options: ControlPathOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Looks after it no longer. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, () => {
      this.#looking = this.#look().then(() => {
        if (!this.#closed) this.#arm();
      });
    });
  }

  async #look(): Promise<void> {
    const { files, path, serveAgain, emit } = this.#options;
    try {
      if (await files.stat(path) !== null || this.#closed) return;
      await serveAgain();
      this.#told = false;
      emit(null);
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      if (!this.#told) emit(error);
      this.#told = true;
    }
  }
}
