/**
 * What the engine tells those who follow it: events of the graph and of the loop as they come, and what a look at all
 * topologies finds changed. Nobody looks while nobody follows.
 *
 * @module
 */

import type { Clock, Timer } from "../clock.ts";
import type { ControlEvent, ControlEventBody, EventError } from "../api/operations/events.ts";
import type { ErrorData } from "../errors.ts";
import type { GraphEvent } from "../graph/data/event.ts";
import type { ReconcileEvent } from "../reconcile/loop/reconcile_options.ts";
import type { Status } from "../reconcile/status/status_types.ts";
import type { ClientChange } from "./client_changes.ts";
import { EventQueue } from "./event_queue.ts";

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
  readonly #queues = new Set<EventQueue>();
  #timer: Timer | null = null;
  #heart: Timer | null = null;
  #closed = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Tells of an event, and looks what it changed. */
  take(event: ReconcileEvent | GraphEvent | ClientChange): void {
    if (this.#queues.size === 0) return;
    if (event.kind !== "changed") this.#emit(happeningOf(event));
    this.look();
  }

  /** Looks soon how all topologies fare. */
  look(): void {
    if (this.#queues.size === 0 || this.#closed) return;
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
    const queue = new EventQueue();
    const end = () => queue.end();
    if (this.#closed || signal?.aborted === true) return;
    signal?.addEventListener("abort", end, { once: true });
    this.#queues.add(queue);
    this.#heart ??= this.#options.clock.after(HEARTBEAT_MS, () => this.#beat());
    try {
      const status = await this.#options.status();
      queue.know(status.topologies);
      yield { time: this.#time(), kind: "snapshot", status };
      yield* queue;
    } finally {
      signal?.removeEventListener("abort", end);
      this.#queues.delete(queue);
      if (this.#queues.size === 0) this.#stopLooking();
    }
  }

  /** Lets every reader come to its end. */
  close(): void {
    this.#closed = true;
    this.#stopLooking();
    for (const queue of this.#queues) queue.end();
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
    for (const queue of this.#queues) queue.beat(this.#time());
  }

  async #compare(): Promise<void> {
    const { topologies } = await this.#options.status();
    for (const queue of this.#queues) queue.compare(topologies, this.#time());
  }

  #emit(happening: ControlEventBody): void {
    for (const queue of this.#queues) queue.push({ time: this.#time(), ...happening });
  }

  #time(): string {
    return this.#options.clock.wall().toISOString();
  }
}

function happeningOf(
  event: ReconcileEvent | ClientChange | Exclude<GraphEvent, { readonly kind: "changed" }>,
): ControlEventBody {
  switch (event.kind) {
    case "failed": {
      const { kind, scope: topology, node, reason, error } = event;
      return { kind, topology, node, reason, error: plain(error) };
    }
    case "connection-failed": {
      const { kind, scope: topology, node, peer, reason, error } = event;
      return { kind, topology, node, peer, reason, error: plain(error) };
    }
    case "thread-lost":
      return { ...event, error: plain(event.error) };
    case "thread-restarted":
      return event;
    case "gave-up":
      return { ...event, error: event.error === null ? null : plain(event.error) };
    case "error": {
      const { kind, topology, error } = event;
      return { kind, topology, message: error instanceof Error ? error.message : String(error) };
    }
    case "retry-planned":
    case "retry-started":
    case "recovered":
    case "drift-healed":
    case "awaiting-confirmation":
    case "confirmed":
    case "unconfirmed":
    case "applied":
    case "client-change":
      return event;
  }
}

function plain({ code, message }: ErrorData): EventError {
  return { code, message };
}
