/**
 * The open sockets of a runtime, and those that the system has not released yet: a runtime ends when there are none.
 *
 * A later socket reuses a place, so a record costs no memory beyond its place.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { Socket } from "../../socket/socket.ts";
import { StallWatch } from "./stall_watch.ts";

/** Records every socket of one runtime. */
export class OpenSockets {
  readonly #sockets: (Socket | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #later: (call: () => void) => void;
  #size = 0;
  #whenEmpty: (() => void) | null = null;

  /** @param later calls on a later turn */
  constructor(later: (call: () => void) => void) {
    this.#later = later;
  }

  /** The number of sockets, including those that still send their queue. */
  get size(): number {
    return this.#size;
  }

  /** Adds a socket, and returns its place. */
  add(socket: Socket): number {
    const place = this.#free.pop() ?? this.#sockets.length;
    this.#sockets[place] = socket;
    this.#size++;
    return place;
  }

  /**
   * Removes a socket that has ended.
   *
   * @param settled resolves, and never rejects, when the system has released it; null: it already has
   * @param released is called after that, on a later turn
   */
  ended(place: number, settled: Promise<void> | null, released?: () => void): void {
    if (settled === null) {
      this.#remove(place);
      if (released !== undefined) this.#later(released);
      return;
    }
    void settled.then(() => {
      this.#remove(place);
      released?.();
    });
  }

  /** Closes every socket. */
  closeEach(): void {
    for (const socket of this.#list()) socket.close();
  }

  /** Closes every socket and waits for all of them as long as any of them makes progress. */
  async closeAll(clock: Pick<Clock, "now" | "after">): Promise<void> {
    this.closeEach();
    if (this.#size === 0) return;
    using _watch = new StallWatch(clock, {
      queuedBytes: () => this.#list().reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
      stalled: () => {
        for (const socket of this.#list()) socket.abort();
      },
    });
    await new Promise<void>((resolve) => this.#whenEmpty = resolve);
  }

  #list(): readonly Socket[] {
    return this.#sockets.filter((socket) => socket !== undefined);
  }

  #remove(place: number): void {
    this.#sockets[place] = undefined;
    this.#free.push(place);
    if (--this.#size > 0 || this.#whenEmpty === null) return;
    this.#later(this.#whenEmpty);
    this.#whenEmpty = null;
  }
}
