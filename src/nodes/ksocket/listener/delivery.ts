/**
 * What a connection that is over still has to deliver: its nodes stay until they hold nothing, so that nothing is lost
 * when the connection itself ends before them. Where nothing moves for a while they are given up: what they hold is
 * counted as dropped, and whoever was to get it is reset.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import type { Node } from "../../../graph/core/node.ts";

/** How soon it is looked again whether everything is delivered, in milliseconds: at first, and at most. */
const FIRST_LOOK_MS = 5;
const LAST_LOOK_MS = 250;

/** A connection that is over. */
export interface Delivering {
  /** Its node, which owns those of its copy. */
  readonly node: Node;
  /** How long nothing may be delivered, in milliseconds. */
  readonly stallMs: number;
  /** Changes while anything moves at their sockets. */
  movedTogether(): number;
}

/** Waits until the nodes of a connection hold nothing. */
export class Delivery {
  readonly #connection: Delivering;
  readonly #clock: Clock;
  readonly #done: () => void;
  #held: number;
  #moved = 0;
  #since: number;
  #lookMs = FIRST_LOOK_MS;
  #timer: Timer | null = null;

  /** Begins to wait, and calls `done` once, when they hold nothing any more or are given up. */
  constructor(connection: Delivering, clock: Clock, done: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#done = done;
    this.#held = heldBy(connection);
    this.#since = clock.now();
    this.#wait();
  }

  /** Waits no longer; `done` is not called. */
  stop(): void {
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#timer = this.#clock.after(this.#lookMs, () => this.#look());
    this.#lookMs = Math.min(LAST_LOOK_MS, this.#lookMs * 2);
  }

  #look(): void {
    const connection = this.#connection;
    const [held, moved, now] = [heldBy(connection), connection.movedTogether(), this.#clock.now()];
    if (held !== this.#held || moved !== this.#moved) {
      this.#held = held;
      this.#moved = moved;
      this.#since = now;
    } else if (now - this.#since >= connection.stallMs) {
      for (const node of [connection.node, ...connection.node.owned]) {
        if (heldIn(node) > 0) node.attempt((behaviour) => behaviour.discard?.("half_close_timeout"));
      }
      return this.#done();
    }
    if (held === 0) this.#done();
    else this.#wait();
  }
}

/** What the nodes of a connection still have to deliver; 0 for nothing. */
export function heldBy({ node }: Pick<Delivering, "node">): number {
  let held = heldIn(node);
  for (const copy of node.owned) held += heldIn(copy);
  return held;
}

function heldIn(node: Node): number {
  return node.alive && !node.crashed ? node.attempt((behaviour) => behaviour.held?.()) ?? 0 : 0;
}
