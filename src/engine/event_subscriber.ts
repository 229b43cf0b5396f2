/**
 * One subscriber to the events of an engine: its queue, and the last state of each topology that it received.
 *
 * @module
 */

import { type ControlEvent, type ControlEventBody, wire } from "../api/operations/events.ts";
import { Channel } from "../channel.ts";
import type { Condition, TopologyStatus } from "../reconcile/status/status_types.ts";

/** The limit of events that wait for a slow subscriber. */
export const QUEUE_LENGTH = 1_024;

/** The compared parts of a status. */
interface Known extends Pick<TopologyStatus, "drift" | "health"> {
  readonly reason: string | null;
}

/** Events for one subscriber. */
export class EventSubscriber implements AsyncIterable<ControlEvent> {
  readonly #channel: Channel<ControlEvent>;
  #known = new Map<string, Known>();
  /** True when there was no event since the last beat. */
  #quiet = true;

  /** @param signal ends it */
  constructor(signal?: AbortSignal) {
    this.#channel = new Channel({
      limit: QUEUE_LENGTH,
      gap: (count, { time }) => wire({ kind: "dropped", count }, time),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Sends an event, or counts it when there is no room. */
  send(event: ControlEvent): void {
    this.#quiet = false;
    this.#channel.send(event);
  }

  /** Sends a heartbeat, unless there was an event since the last one, or one still waits. */
  beat(time: string): void {
    if (this.#quiet && this.#channel.isEmpty) this.#emit({ kind: "heartbeat" }, time);
    this.#quiet = true;
  }

  /** Records the state of all topologies, without an event. */
  know(statuses: readonly TopologyStatus[]): void {
    this.#known = new Map(statuses.map((status) => {
      const { name, drift, health } = status;
      return [name, { drift, health, reason: whyUnwell(status)?.reason ?? null }];
    }));
  }

  /** Sends events for what differs from the state that was recorded last. */
  compare(statuses: readonly TopologyStatus[], time: string): void {
    for (const status of statuses) {
      const { name: topology, drift, health } = status;
      const before = this.#known.get(topology);
      const { reason, message } = whyUnwell(status) ?? NO_REASON;
      if (before?.health !== health || before.reason !== reason) {
        this.#emit({ kind: "health", topology, health, reason, message }, time);
      }
      if ((before?.drift ?? null) !== drift) this.#emit({ kind: "drift", topology, drift }, time);
    }
    const names = new Set(statuses.map(({ name }) => name));
    for (const topology of this.#known.keys()) {
      if (!names.has(topology)) this.#emit({ kind: "health", topology, health: null, ...NO_REASON }, time);
    }
    this.know(statuses);
  }

  /** Ends it: waiting events are still read. */
  end(): void {
    this.#channel.end();
  }

  [Symbol.asyncIterator](): AsyncGenerator<ControlEvent, void, void> {
    return this.#channel[Symbol.asyncIterator]();
  }

  #emit(event: ControlEventBody, time: string): void {
    this.send(wire(event, time));
  }
}

const NO_REASON = { reason: null, message: null } as const;

/** The condition that explains a topology's problem; null if there is none. */
function whyUnwell({ health, conditions }: TopologyStatus): Pick<Condition, "reason" | "message"> | null {
  const stalled = conditions.find(({ type, status }) => type === "Stalled" && status === "True");
  if (health === "Healthy") return stalled ?? null;
  const ready = conditions.find(({ type }) => type === "Ready");
  // If all nodes work, the problem is the source.
  return ready?.reason === "AllNodesReady" ? stalled ?? ready : ready ?? null;
}
