/**
 * The newest events of the engine, by number, for pages that were hidden meanwhile. It follows the engine's events from
 * the first open page until the engine ends.
 *
 * @module
 */

import type { ControlEvent } from "../../api/operations/events.ts";
import type { PageSource } from "./data.ts";

/** The limit of events that are stored: as many as a page shows. */
const MAX_EVENTS = 500;

/** An event with its number. */
export interface NumberedEvent {
  readonly event: ControlEvent;
  readonly number: number;
}

/** A stream that gets events. */
export interface EventReader {
  event(event: NumberedEvent): void;
  /** No more events come: the engine ends. */
  end(): void;
}

/** Stores events, and sends them to readers. */
export class RecentEvents {
  readonly #source: PageSource;
  readonly #closed = new AbortController();
  readonly #readers = new Set<EventReader>();
  #events: ControlEvent[] = [];
  /** The number of the newest event; the first one has 1. */
  #number = 0;
  #isFollowing = false;

  constructor(source: PageSource) {
    this.#source = source;
  }

  /** The stored events after the one with the number. */
  after(number: number): readonly NumberedEvent[] {
    const oldest = this.#number - this.#events.length + 1;
    return this.#events.map((event, index) => ({ event, number: oldest + index })).filter((one) => one.number > number);
  }

  /**
   * Adds a reader of the events from now on.
   *
   * @returns removes it
   */
  add(reader: EventReader): () => void {
    this.#readers.add(reader);
    if (!this.#isFollowing) void this.#follow();
    return () => this.#readers.delete(reader);
  }

  /** Ends it. */
  close(): void {
    this.#closed.abort();
  }

  async #follow(): Promise<void> {
    this.#isFollowing = true;
    try {
      for await (const event of this.#source.engine.events({ signal: this.#closed.signal })) {
        if (event.kind === "snapshot" || event.kind === "heartbeat") continue;
        this.#number++;
        this.#events.push(event);
        if (this.#events.length > 2 * MAX_EVENTS) this.#events = this.#events.slice(-MAX_EVENTS);
        for (const reader of this.#readers) reader.event({ event, number: this.#number });
      }
    } catch {
      // The streams end, and the pages open others.
    }
    this.#isFollowing = false;
    for (const reader of this.#readers) reader.end();
  }
}
