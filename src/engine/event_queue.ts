/**
 * What one reader is still to be told. A reader that is too slow costs a bound of memory: when the queue is full,
 * everything is dropped and counted until it has been read empty.
 *
 * @module
 */

import type { ControlEventBody } from "../api/operations/events.ts";
import type { Condition, TopologyStatus } from "../reconcile/status/status_types.ts";

/** So many wait at most. */
export const QUEUE_LENGTH = 1_024;

/** What is compared from one look to the next. */
interface Known extends Pick<TopologyStatus, "drift" | "health"> {
  readonly reason: string | null;
}

/** An item with the time at which it happened. */
export type TimedEvent = { readonly time: string } & ControlEventBody;

/** A bounded queue with one reader. */
export class EventQueue implements AsyncIterable<TimedEvent> {
  #items: TimedEvent[] = [];
  #dropped: { readonly time: string; count: number } | null = null;
  #known = new Map<string, Known>();
  #ended = false;
  /** True when nothing was told since the last beat. */
  #quiet = true;
  #wake: (() => void) | null = null;

  /** Adds one, or counts it when there is no room. */
  push(item: TimedEvent): void {
    if (this.#ended) return;
    this.#quiet = false;
    if (this.#dropped !== null) this.#dropped.count++;
    else if (this.#items.length < QUEUE_LENGTH) this.#items.push(item);
    else this.#dropped = { time: item.time, count: 1 };
    this.#wake?.();
  }

  /** Says that there is nothing to say, unless there was since the last beat, or there still is. */
  beat(time: string): void {
    if (this.#quiet && this.#items.length === 0) this.push({ time, kind: "heartbeat" });
    this.#quiet = true;
  }

  /** Notes how all topologies fare, without a word. */
  know(statuses: readonly TopologyStatus[]): void {
    this.#known = new Map(statuses.map((status) => {
      const { name, drift, health } = status;
      return [name, { drift, health, reason: whyUnwell(status)?.reason ?? null }];
    }));
  }

  /** Tells in what they fare otherwise than when it was last noted. */
  compare(statuses: readonly TopologyStatus[], time: string): void {
    for (const status of statuses) {
      const { name: topology, drift, health } = status;
      const before = this.#known.get(topology);
      const { reason, message } = whyUnwell(status) ?? NO_REASON;
      if (before?.health !== health || before.reason !== reason) {
        this.push({ time, kind: "health", topology, health, reason, message });
      }
      if ((before?.drift ?? null) !== drift) this.push({ time, kind: "drift", topology, drift });
    }
    const names = new Set(statuses.map(({ name }) => name));
    for (const topology of this.#known.keys()) {
      if (!names.has(topology)) this.push({ time, kind: "health", topology, health: null, ...NO_REASON });
    }
    this.know(statuses);
  }

  /** Ends it: what waits is still read. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TimedEvent> {
    for (;;) {
      const items = this.#items.splice(0);
      yield* items;
      if (this.#items.length > 0) continue;
      if (this.#dropped !== null) {
        const { time, count } = this.#dropped;
        this.#dropped = null;
        yield { time, kind: "dropped", count };
        continue;
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

const NO_REASON = { reason: null, message: null } as const;

/** The condition that says why a topology is not well; null where it is. */
function whyUnwell({ health, conditions }: TopologyStatus): Pick<Condition, "reason" | "message"> | null {
  const stalled = conditions.find(({ type, status }) => type === "Stalled" && status === "True");
  if (health === "Healthy") return stalled ?? null;
  const ready = conditions.find(({ type }) => type === "Ready");
  // Where nodes are well it is the source that is not.
  return ready?.reason === "AllNodesReady" ? stalled ?? ready : ready ?? null;
}
