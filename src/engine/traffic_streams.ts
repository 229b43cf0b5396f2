/**
 * The streams of traffic that clients follow: records of ended connections, and copies of what passes.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { GraphEvent, GraphFailure } from "../graph/data/event.ts";
import type { GraphPort } from "../graph/port/port.ts";
import { ConnectionRecords } from "./connection_records.ts";
import { EngineTaps } from "./taps.ts";

/** The streams of an engine's traffic. */
export class TrafficStreams {
  readonly records: ConnectionRecords;
  readonly taps: EngineTaps;

  constructor(port: GraphPort, clock: Clock) {
    this.records = new ConnectionRecords(port, clock);
    this.taps = new EngineTaps(port, clock);
  }

  /** Distributes the events of a graph; its failures and its changes are for others. */
  subscribe(port: GraphPort, others: { changed(): void; failed(event: GraphFailure): void }): void {
    port.subscribe((event: GraphEvent) => {
      switch (event.kind) {
        case "changed":
          return others.changed();
        case "connections-ended":
          return this.records.take(event);
        case "tapped":
          return this.taps.take(event);
        case "targets":
          return;
        default:
          return others.failed(event);
      }
    });
  }

  /** Ends them for all readers. */
  close(): void {
    this.records.close();
    this.taps.close();
  }
}
