/**
 * The stream of the live page: a frame with everything, then what changes, as events of a server (SSE). An event of the
 * engine causes a frame at once; counters cause none, so the status is also read from time to time: the less often the
 * longer a read takes, so that an open page costs little however large the graph is.
 *
 * @module
 */

import { wire } from "../../api/operations/events.ts";
import type { PageMessage } from "../../api/page_message.ts";
import { Channel } from "../../channel.ts";
import { type Clock, sleep } from "../../clock.ts";
import { Frames } from "./frames.ts";
import type { PageData, PageSource } from "./data.ts";
import { type NumberedEvent, RecentEvents } from "./recent_events.ts";

/** The shortest time between two reads without an event, and the longest. */
const READ_MS = 1_000;
const MAX_READ_MS = 10_000;
/** A read takes at most this part of the time. */
const READ_SHARE = 0.01;
/** The shortest time between two reads, for any number of events: ten times as long as a read takes, in these limits. */
const READ_DELAY_MS = 200;
const MAX_READ_DELAY_MS = 1_000;
const EVENT_READ_SHARE = 0.1;
/** The limit of events between two reads; the others are counted. */
const MAX_EVENTS = 50;
/** Without a message, a comment is sent after this time: only a write shows that the reader has left. */
const HEARTBEAT_MS = 5_000;
/** The limit of events that wait for a slow reader; the others are counted. Frames wait until it has read all. */
const MAX_WAITING = 1_000;
/** The limit of open streams. */
const MAX_STREAMS = 16;

/** A message, or a comment without content. */
type Sent = PageMessage | "heartbeat";

/** The parts of a feed. */
export interface FeedParts {
  readonly source: PageSource;
  readonly data: Pick<PageData, "drawing">;
  readonly clock: Clock;
}

/** Sends the status and events to open pages. */
export class PageFeed {
  readonly #parts: FeedParts;
  readonly #recent: RecentEvents;
  readonly #open = new Set<AbortController>();

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#recent = new RecentEvents(parts.source);
  }

  /**
   * Opens a stream.
   *
   * @param after the number of the last event that the page has; null: it needs none of before
   */
  open(after: number | null): Response {
    if (this.#open.size >= MAX_STREAMS) return new Response("Too many open pages\n", { status: 503 });
    const closed = new AbortController();
    this.#open.add(closed);
    const messages = new Channel<Sent>({
      limit: MAX_WAITING,
      gap: (count) => {
        const event = wire({ kind: "dropped", count }, this.#parts.clock.wall().toISOString());
        return { kind: "event", event, number: null };
      },
      signal: closed.signal,
    });
    const stream = new Stream(this.#parts, { messages, recent: this.#recent, after, signal: closed.signal });
    void stream.run().catch(() => {}).finally(() => {
      this.#open.delete(closed);
      messages.end(); // The page opens another one.
    });
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const sent = await messages.next();
        if (closed.signal.aborted) return;
        if (sent === null) return controller.close();
        controller.enqueue(encoder.encode(sent === "heartbeat" ? ":\n\n" : `data: ${JSON.stringify(sent)}\n\n`));
      },
      cancel: () => closed.abort(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  /** Ends all streams. */
  close(): void {
    for (const one of this.#open) one.abort();
    this.#recent.close();
  }
}

/** The parts of one stream. */
interface StreamParts {
  readonly messages: Channel<Sent>;
  readonly recent: RecentEvents;
  /** The number of the last event that the page has; null for a page that has none. */
  readonly after: number | null;
  readonly signal: AbortSignal;
}

/** One stream. */
class Stream {
  readonly #parts: FeedParts;
  readonly #messages: Channel<Sent>;
  readonly #recent: RecentEvents;
  readonly #after: number | null;
  readonly #signal: AbortSignal;
  #ring: () => void = () => {};
  #rung = false;
  #events = 0;

  constructor(parts: FeedParts, { messages, recent, after, signal }: StreamParts) {
    this.#parts = parts;
    this.#messages = messages;
    this.#recent = recent;
    this.#after = after;
    this.#signal = signal;
  }

  /** Sends until the reader leaves or the engine ends. */
  async run(): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#signal, over.signal]);
    try {
      await Promise.race([this.#follow(signal), this.#read(signal)]);
    } finally {
      over.abort();
      this.#ring();
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const missed = this.#after === null ? [] : this.#recent.after(this.#after);
    for (const one of missed) this.#messages.send({ kind: "event", ...one });
    const remove = this.#recent.add({ event: (one) => this.#send(one), end: resolve });
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    remove();
  }

  #send(one: NumberedEvent): void {
    if (++this.#events <= MAX_EVENTS) this.#messages.send({ kind: "event", ...one });
    this.#rung = true;
    this.#ring();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { source: { engine }, data, clock } = this.#parts;
    const frames = new Frames((status) => data.drawing(status));
    let [sentAt, readAt] = [clock.now(), clock.now()];
    while (!signal.aborted) {
      const begun = clock.now();
      this.#rung = false;
      if (this.#messages.isEmpty) {
        const status = await engine.status();
        const now = clock.now();
        const sinceMs = Math.round(now - readAt);
        readAt = now;
        const frame = await frames.next(status, { time: clock.wall().toISOString(), sinceMs });
        if (frame !== null || clock.now() - sentAt >= HEARTBEAT_MS) {
          this.#messages.send(frame ?? "heartbeat");
          sentAt = clock.now();
        }
      }
      const cost = clock.now() - begun;
      this.#countEvents();
      const delayMs = Math.min(MAX_READ_DELAY_MS, Math.max(READ_DELAY_MS, cost / EVENT_READ_SHARE));
      await sleep(clock, delayMs, { signal });
      const restMs = Math.max(0, Math.min(MAX_READ_MS, Math.max(READ_MS, cost / READ_SHARE)) - delayMs);
      await this.#bell(restMs);
    }
  }

  /** Reports the events since the last read that were not sent. */
  #countEvents(): void {
    const count = this.#events - MAX_EVENTS;
    this.#events = 0;
    if (count <= 0) return;
    const event = wire({ kind: "dropped", count }, this.#parts.clock.wall().toISOString());
    this.#messages.send({ kind: "event", event, number: null });
  }

  /** Waits for an event, with a time limit. */
  async #bell(limitMs: number): Promise<void> {
    if (this.#rung) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(limitMs, resolve);
      this.#ring = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
