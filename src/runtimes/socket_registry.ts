/**
 * The sockets that a runtime has open, and what the system has not given back yet: a runtime ends when both are none.
 *
 * @module
 */

import { CompactingSet } from "../compacting_map.ts";
import type { Clock } from "../clock.ts";
import { LINGER_MS, type Socket } from "../socket/socket.ts";
import { StallWatch } from "./stall_watch.ts";

/** A socket that was closed and still sends what it had. */
export interface Lingering {
  /** Settles, and never rejects, when the system has taken it back. */
  readonly settled: Promise<void>;
  /** Ends the connection at once, so that `settled` settles. */
  giveUp(): void;
}

/** Knows every socket of one runtime. */
export class SocketRegistry {
  readonly #clock: Clock;
  readonly #open = new CompactingSet<Socket>();
  readonly #closing = new CompactingSet<Promise<void>>();
  readonly #lingering = new Map<Socket, Lingering>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sockets that are open. */
  get open(): Iterable<Socket> {
    return this.#open;
  }

  /** Notes a new socket. */
  add(socket: Socket): void {
    this.#open.add(socket);
  }

  /**
   * Notes that a socket has ended.
   *
   * @param settled settles, and never rejects, when the system has taken it back; null: it has already
   * @param released is called then
   */
  remove(socket: Socket, settled: Promise<void> | null, released?: () => void): void {
    this.#open.delete(socket);
    if (settled === null) return this.released(released);
    const closing = settled.then(() => {
      this.#closing.delete(closing);
      released?.();
    });
    this.#closing.add(closing);
  }

  /** Notes that a socket was closed and still sends what it had, for {@linkcode LINGER_MS} at most. */
  linger(socket: Socket, lingering: Lingering, released?: () => void): void {
    const limit = this.#clock.after(LINGER_MS, () => lingering.giveUp());
    this.#lingering.set(socket, lingering);
    const settled = lingering.settled.then(() => {
      limit.cancel();
      this.#lingering.delete(socket);
    });
    this.remove(socket, settled, released);
  }

  /** Calls `released` for a socket that has ended before, on a later turn. */
  released(released?: () => void): void {
    if (released !== undefined) queueMicrotask(released);
  }

  /** Ends every socket and waits for all of them, as long as something goes out. */
  async closeAll(): Promise<void> {
    for (const socket of this.#open) socket.close();
    if (this.#closing.size === 0) return;
    using _watch = new StallWatch(this.#clock, {
      queuedBytes: () => this.#lingering.keys().reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
      stalled: () => {
        for (const { giveUp } of this.#lingering.values()) giveUp();
      },
    });
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }
}
