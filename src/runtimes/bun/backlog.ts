/**
 * The accepting half of a listener. Bun accepts every connection immediately, so connections that were not requested
 * wait here, unread; for a client they are like connections in the system's backlog.
 *
 * When the process has no file descriptors left, Bun 1.4.5 neither reports it nor pauses: it retries continuously,
 * which uses a whole processor, serves its connections meanwhile, and accepts the others once descriptors are free.
 * `acceptFailed` is never called.
 *
 * @module
 */

import { BunReader } from "./reader.ts";
import type { Wire } from "./types.ts";

/** The system's own backlog on Bun, which always listens with 512. */
export const SYSTEM_BACKLOG = 512;

/** Passes on as many connections as were requested. */
export class BunBacklog {
  readonly #limit: number;
  readonly #accepted: (connection: BunReader) => void;
  readonly #waiting = new Set<BunReader>();
  #wanted = 0;
  #handing = false;
  #stopped = false;

  /** @param backlog how many may wait; further ones are reset */
  constructor(backlog: number, accepted: (connection: BunReader) => void) {
    this.#limit = Math.max(backlog, SYSTEM_BACKLOG);
    this.#accepted = accepted;
  }

  /** A connection has arrived. */
  arrived(wire: Wire): void {
    if (this.#stopped || (this.#wanted === 0 && this.#waiting.size >= this.#limit)) return wire.terminate();
    const connection = new BunReader(wire);
    const forget = (): void => void this.#waiting.delete(connection);
    connection.attach({
      receive: () => {},
      ended: () => {},
      drained: () => {},
      broken: () => false,
      closed: () => "open",
      failed: forget,
    });
    this.#waiting.add(connection);
    this.#deliver();
  }

  /** Requests one more. */
  want(): void {
    this.#wanted++;
    this.#deliver();
  }

  /** Resets the connections that wait, as the system does with its backlog. */
  stop(): void {
    this.#stopped = true;
    for (const { wire } of this.#waiting) wire.terminate();
    this.#waiting.clear();
  }

  /** A loop rather than recursion, as the owner may request the next one immediately. */
  #deliver(): void {
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
