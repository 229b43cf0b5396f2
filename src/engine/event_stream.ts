/**
 * What the engine tells those who follow it: events of the graph and of the loop as they come, and what a look at all
 * topologies finds changed. Nobody looks while nobody follows.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";
import { type ControlEvent, type ControlEventBody, wire } from "../api/operations/events.ts";
import type { EngineEvent } from "../reconcile/loop/event.ts";
import type { Status } from "../reconcile/status/status_types.ts";
import { EventSubscriber } from "./event_subscriber.ts";

/** `changed` comes with every connection: so often at most is looked because of it. */
const LOOK_AFTER_MS = 250;

/** A reader that was told nothing for so long is told that: only by writing does it show that nobody reads any more. */
const HEARTBEAT_MS = 5_000;

/** What news are made from. */
export interface EventStreamOptions {
  readonly clock: Clock;
  /** How all topologies fare. */
  readonly status: () => Promise<Status>;
}

/** Tells any number of readers. */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #subscribers = new Set<EventSubscriber>();
  #timer: Timer | null = null;
  #heart: Timer | null = null;
  #closed = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Tells of an event, and looks what it changed. */
  take(event: EngineEvent): void {
    if (this.#subscribers.size === 0) return;
    this.#emit(event);
    this.look();
  }

  /** Looks soon how all topologies fare. */
  look(): void {
    if (this.#subscribers.size === 0 || this.#closed) return;
    this.#timer ??= this.#options.clock.after(LOOK_AFTER_MS, () => {
      this.#timer = null;
      this.#compare().catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (!this.#closed) this.#emit({ kind: "error", topology: "", message });
      });
    });
  }

  /** What runs, then what happens, until the signal aborts or all ends. */
  async *follow({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<ControlEvent> {
    if (this.#closed || signal?.aborted === true) return;
    const subscriber = new EventSubscriber(signal);
    this.#subscribers.add(subscriber);
    this.#heart ??= this.#options.clock.after(HEARTBEAT_MS, () => this.#beat());
    try {
      const status = await this.#options.status();
      subscriber.know(status.topologies);
      yield wire({ kind: "snapshot", status }, this.#time());
      yield* subscriber;
    } finally {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#stopLooking();
    }
  }

  /** Lets every reader come to its end. */
  close(): void {
    this.#closed = true;
    this.#stopLooking();
    for (const subscriber of this.#subscribers) subscriber.end();
  }

  #stopLooking(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#heart?.cancel();
    this.#heart = null;
  }

  /** Tells those who heard nothing since the last time. */
  #beat(): void {
    this.#heart = this.#options.clock.after(HEARTBEAT_MS, () => this.#beat());
    for (const subscriber of this.#subscribers) subscriber.beat(this.#time());
  }

  async #compare(): Promise<void> {
    const { topologies } = await this.#options.status();
    for (const subscriber of this.#subscribers) subscriber.compare(topologies, this.#time());
  }

  #emit(event: ControlEventBody): void {
    const wired = wire(event, this.#time());
    for (const subscriber of this.#subscribers) subscriber.send(wired);
  }

  #time(): string {
    return this.#options.clock.wall().toISOString();
  }
}
