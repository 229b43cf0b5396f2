/**
 * Delivery of the remaining data of an ended connection: its nodes stay until they have no data, so that nothing is
 * lost if the connection ends before them. Without progress for a while they are ended: their data is counted as
 * dropped, and its receivers are reset.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { NodeBehaviour } from "../../../graph/core/node_type.ts";

/** The intervals of checks whether everything is delivered, in milliseconds: the first and the longest. */
const FIRST_CHECK_MS = 5;
const LAST_CHECK_MS = 250;

/** An ended connection. */
export interface Delivering {
  /** Its node, which owns those of its copy. */
  readonly node: Node;
  /** The time limit without progress, in milliseconds. */
  readonly stallMs: number;
  /** Changes while data moves at their sockets. */
  movedTogether(): number;
}

/** Waits until the nodes of a connection have no data. */
export class Delivery {
  readonly #connection: Delivering;
  readonly #clock: Clock;
  readonly #done: () => void;
  #held: number;
  #moved = 0;
  #since: number;
  #checkMs = FIRST_CHECK_MS;
  #timer: Timer | null = null;

  /** Starts to wait, and calls `done` once, when they have no more data or the wait is ended. */
  constructor(connection: Delivering, clock: Clock, done: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#done = done;
    this.#held = heldBy(connection);
    this.#since = clock.now();
    this.#wait();
  }

  /** Stops waiting; `done` is not called. */
  stop(): void {
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#timer = this.#clock.after(this.#checkMs, () => this.#check());
    this.#checkMs = Math.min(LAST_CHECK_MS, this.#checkMs * 2);
  }

  #check(): void {
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

/** The bytes that the nodes of a connection still have to deliver. */
export function heldBy({ node }: Pick<Delivering, "node">): number {
  let held = heldIn(node);
  for (const copy of node.owned) held += heldIn(copy);
  return held;
}

function heldIn(node: Node): number {
  return node.alive && !node.crashed ? node.attempt(held) ?? 0 : 0;
}

/** A function of the module, rather than a closure for each connection. */
function held(behaviour: NodeBehaviour): number | undefined {
  return behaviour.held?.();
}
