/**
 * The sockets that a runtime has open, and what the system has not given back yet: a runtime ends when both are none.
 *
 * @module
 */

import { ChurnSet } from "../churn.ts";
import type { Socket } from "../socket/socket.ts";

/** Knows every socket of one runtime. */
export class SocketRegistry {
  readonly #open = new ChurnSet<Socket>();
  readonly #closing = new ChurnSet<Promise<void>>();

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

  /** Calls `released` for a socket that has ended before, on a later turn. */
  released(released?: () => void): void {
    if (released !== undefined) queueMicrotask(released);
  }

  /** Ends every socket and waits for all of them. */
  async closeAll(): Promise<void> {
    for (const socket of this.#open) socket.close();
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }
}
