/**
 * What a connection that is over still has to deliver: its nodes stay until they hold nothing, so that nothing is lost
 * when the connection itself ends before them. Where nothing moves for a while they are given up: what they hold is
 * counted as dropped, and whoever was to get it is reset.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { Node } from "../../graph/node.ts";

/** How soon it is looked again whether everything is delivered, in milliseconds: at first, and at most. */
const FIRST_LOOK_MS = 5;
const LAST_LOOK_MS = 250;

/** How a connection's nodes end. */
export interface DeliveryOptions {
  readonly clock: Clock;
  /** The connection's node and those of its copy. */
  readonly nodes: readonly Node[];
  /** Changes while anything moves at their sockets. */
  readonly moved: () => number;
  /** How long nothing may be delivered, in milliseconds. */
  readonly stallMs: number;
}

/** Waits until the nodes hold nothing. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #done: () => void;
  #held: number;
  #moved = 0;
  #since: number;
  #lookMs = FIRST_LOOK_MS;
  #timer: Timer | null = null;

  /** Calls `done` once, when it was told to wait and they hold nothing any more. */
  constructor(options: DeliveryOptions, done: () => void) {
    this.#options = options;
    this.#done = done;
    this.#held = heldBy(options.nodes);
    this.#since = options.clock.now();
  }

  /** True when there was nothing to wait for. */
  get delivered(): boolean {
    return this.#held === 0;
  }

  /** Begins to wait. */
  wait(): void {
    this.#timer = this.#options.clock.after(this.#lookMs, () => this.#look());
    this.#lookMs = Math.min(LAST_LOOK_MS, this.#lookMs * 2);
  }

  /** Waits no longer; `done` is not called. */
  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, nodes, stallMs } = this.#options;
    const [held, moved, now] = [heldBy(nodes), this.#options.moved(), clock.now()];
    if (held !== this.#held || moved !== this.#moved) {
      this.#held = held;
      this.#moved = moved;
      this.#since = now;
    } else if (now - this.#since >= stallMs) {
      for (const { behaviour } of nodes) if ((behaviour.held?.() ?? 0) > 0) behaviour.discard?.("half_close_timeout");
      return this.#done();
    }
    if (held === 0) this.#done();
    else this.wait();
  }
}

function heldBy(nodes: readonly Node[]): number {
  let held = 0;
  for (const { alive, behaviour } of nodes) if (alive) held += behaviour.held?.() ?? 0;
  return held;
}
