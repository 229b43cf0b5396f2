/**
 * The engine's events for subscribers: events of the graph and of the loop, and changes between two statuses of all
 * topologies. Without subscribers the status is not computed.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";
import { type ControlEvent, type ControlEventBody, wire } from "../api/operations/events.ts";
import type { EngineEvent } from "../reconcile/loop/event.ts";
import type { Status } from "../reconcile/status/status_types.ts";
import { EventSubscriber } from "./event_subscriber.ts";

/** `changed` is emitted for every connection: this limits the rate of checks. */
const CHECK_AFTER_MS = 250;

/** After this time without events a heartbeat is sent: only a write shows that the reader has left. */
const HEARTBEAT_MS = 5_000;

/** The input of events. */
export interface EventStreamOptions {
  readonly clock: Clock;
  /** The status of all topologies. */
  readonly status: () => Promise<Status>;
}

/** Sends events to any number of subscribers. */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #subscribers = new Set<EventSubscriber>();
  #timer: Timer | null = null;
  #heart: Timer | null = null;
  #closed = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Sends an event, and checks what it changed. */
  take(event: EngineEvent): void {
    if (this.#subscribers.size === 0) return;
    this.#emit(event);
    this.check();
  }

  /** Schedules a check of all topologies. */
  check(): void {
    if (this.#subscribers.size === 0 || this.#closed) return;
    this.#timer ??= this.#options.clock.after(CHECK_AFTER_MS, () => {
      this.#timer = null;
      this.#compare().catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (!this.#closed) this.#emit({ kind: "error", topology: "", message });
      });
    });
  }

  /** The status, then events, until the signal aborts or the engine ends. */
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
      if (this.#subscribers.size === 0) this.#stopChecking();
    }
  }

  /** Ends every subscription. */
  close(): void {
    this.#closed = true;
    this.#stopChecking();
    for (const subscriber of this.#subscribers) subscriber.end();
  }

  #stopChecking(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#heart?.cancel();
    this.#heart = null;
  }

  /** Sends a heartbeat to subscribers without a recent event. */
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
