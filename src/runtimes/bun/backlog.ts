/**
 * The accepting half of a listener. Bun takes every connection as it comes, so those that nobody has asked for wait
 * here, unread; a client cannot tell them from ones in the system's backlog.
 *
 * When the process has run out of files, Bun 1.4.5 neither tells nor rests: it tries again without end and takes a
 * whole processor for it, serves what it has meanwhile, and takes the rest once files are free. `acceptFailed` never
 * comes.
 *
 * @module
 */

import { BunReader } from "./reader.ts";
import type { Wire } from "./types.ts";

/** The system's own backlog on Bun, which listens with 512 whatever it is told. */
export const SYSTEM_BACKLOG = 512;

/** Hands over as many connections as were asked for. */
export class BunBacklog {
  readonly #limit: number;
  readonly #accepted: (connection: BunReader) => void;
  readonly #waiting = new Set<BunReader>();
  #wanted = 0;
  #handing = false;
  #stopped = false;

  /**
   * @param backlog how many may wait; one that is beyond is reset
   */
  constructor(backlog: number, accepted: (connection: BunReader) => void) {
    this.#limit = Math.max(backlog, SYSTEM_BACKLOG);
    this.#accepted = accepted;
  }

  /** A connection has come. */
  arrived(wire: Wire): void {
    if (this.#stopped || (this.#wanted === 0 && this.#waiting.size >= this.#limit)) return wire.terminate();
    const connection = new BunReader(wire);
    const forget = (): void => void this.#waiting.delete(connection);
    connection.attach({
      receive: () => {},
      ended: () => {},
      drained: () => {},
      broken: () => false,
      gone: () => "open",
      failed: forget,
    });
    this.#waiting.add(connection);
    this.#handOn();
  }

  /** Asks for one more. */
  want(): void {
    this.#wanted++;
    this.#handOn();
  }

  /** Resets what waits, as the system does with its backlog. */
  stop(): void {
    this.#stopped = true;
    for (const { wire } of this.#waiting) wire.terminate();
    this.#waiting.clear();
  }

  /** A loop, and no recursion when the owner asks for the next one at once. */
  #handOn(): void {
    if (this.#handing) return;
    this.#handing = true;
    try {
      for (const connection of this.#waiting) {
        if (this.#wanted === 0 || this.#stopped) return;
        this.#wanted--;
        this.#waiting.delete(connection);
        this.#accepted(connection);
      }
    } finally {
      this.#handing = false;
    }
  }
}
