/**
 * The draining of one listener's connections: those to end, the deadline, and those that have ended.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import type { CloseReason } from "../../../graph/data/close_reason.ts";
import { type DrainOrder, type DrainResult, NOTHING_DRAINED } from "../../../graph/core/drain.ts";
import type { Answer } from "../../../graph/core/message.ts";
import type { NodeId } from "../../../graph/data/name.ts";
import { Pending } from "../../../graph/core/pending.ts";

/** A connection that can be ended. */
export interface Drainable {
  readonly node: { readonly origin: { readonly id: NodeId; readonly generation: number } };
  /** Begins the drain: a connection that moves data after this is not idle. */
  beginDrain(): void;
  /** Ends the connection: an idle one as if its peer had ended it, any other with a reset, because data is lost. */
  retire(): void;
}

/** The limit of portions in which connections are closed. */
const MAX_PORTIONS = 100;

/** All drains of one listener. */
export class DrainScheduler {
  readonly #clock: Clock;
  readonly #running = new Set<Drain>();
  /** True while no new connections are accepted. */
  refusing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends those of `connections` that the drain covers. */
  begin(connections: Iterable<Drainable>, order: DrainOrder): Answer<DrainResult> {
    const { generation, timeout } = order;
    if (generation === undefined) this.refusing = true;
    const chosen = [...connections].filter(({ node }) => {
      return generation === undefined || node.origin.generation === generation;
    });
    for (const drain of [...this.#running]) drain.leave(chosen);
    if (chosen.length === 0) return NOTHING_DRAINED;
    const drain = new Drain(this.#clock, chosen, timeout);
    this.#running.add(drain);
    drain.done.whenSettled(() => this.#running.delete(drain));
    drain.start();
    return drain.done;
  }

  /** A connection has ended. */
  ended(connection: Drainable, reason: CloseReason): void {
    if (this.#running.size === 0) return;
    for (const drain of [...this.#running]) drain.ended(connection, reason);
  }

  /** Stops the drain: open connections stay, and new ones are accepted. */
  stop(): void {
    this.refusing = false;
    for (const drain of [...this.#running]) drain.stop();
  }
}

/** One drain, until the last of its connections has ended. */
class Drain {
  readonly done = new Pending<DrainResult>();
  readonly #clock: Clock;
  readonly #left: Set<Drainable>;
  readonly #timeoutMs: number;
  readonly #result = { ended: 0, closed: 0 };
  #timer: Timer | null = null;

  constructor(clock: Clock, connections: readonly Drainable[], timeoutMs: number) {
    this.#clock = clock;
    this.#left = new Set(connections);
    this.#timeoutMs = timeoutMs;
  }

  /** During the first half of the time they may end on their own. */
  start(): void {
    for (const connection of this.#left) connection.beginDrain();
    const half = this.#timeoutMs / 2;
    if (half === 0) return this.#close(this.#left.size);
    this.#timer = this.#clock.after(half, () => {
      const portions = Math.min(MAX_PORTIONS, this.#left.size);
      this.#closeNext(portions, half / portions);
    });
  }

  ended(connection: Drainable, reason: CloseReason): void {
    if (!this.#left.delete(connection)) return;
    if (reason === "drain") this.#result.closed++;
    else this.#result.ended++;
    if (this.#left.size === 0) this.stop();
  }

  /** Another drain takes over these connections. */
  leave(connections: readonly Drainable[]): void {
    for (const connection of connections) this.#left.delete(connection);
    if (this.#left.size === 0) this.stop();
  }

  /** Keeps those that have not ended. */
  stop(): void {
    this.#timer?.cancel();
    const remaining = this.#left.size;
    this.done.resolve(remaining === 0 ? { ...this.#result } : { ...this.#result, remaining });
  }

  #closeNext(portions: number, everyMs: number): void {
    this.#timer = this.#clock.after(everyMs, () => {
      this.#close(Math.ceil(this.#left.size / portions));
      if (this.#left.size > 0) this.#closeNext(Math.max(1, portions - 1), everyMs);
    });
  }

  #close(count: number): void {
    for (const connection of [...this.#left].slice(0, count)) connection.retire();
  }
}
