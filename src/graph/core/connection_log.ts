/**
 * Records of ended connections, for their subscribers: collected, and emitted together. Nothing is recorded, and
 * nothing is kept for it, while no reader asks. Lines are written here, because bytes pass to another thread at once, and
 * objects at the cost of each of their fields.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { type ConnectionRecord, type ConnectionRecording, NO_RECORDING } from "../data/connection_record.ts";
import type { GraphEvent } from "../data/event.ts";
import { LineWriter } from "./line_writer.ts";

/** A record waits at most this long for others, in milliseconds. */
const COLLECT_MS = 200;
/** This number of records is emitted at once. */
const BATCH = 4_096;

/** The records of a graph. */
export class ConnectionLog {
  readonly #clock: Clock;
  readonly #emit: (event: GraphEvent) => void;
  #recording = NO_RECORDING;
  #records: ConnectionRecord[] = [];
  #writer: LineWriter | null = null;
  #count = 0;
  #timer: Timer | null = null;
  /** The wall clock's lead over the other one, read again for each batch. */
  #lead = 0;

  /** A log that is off. Records are passed to `emit`. */
  constructor(clock: Clock, emit: (event: GraphEvent) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** True while there are subscribers. */
  get isOn(): boolean {
    return this.#recording.records || this.#recording.lines !== null;
  }

  /** Records from now on, or no longer; connections that are open are not recorded. */
  switch(recording: ConnectionRecording): void {
    this.flush();
    this.#recording = recording;
    this.#writer = recording.lines === null ? null : new LineWriter(recording.lines);
  }

  /** The wall clock in milliseconds since 1970 when the other clock shows `now`. */
  wallMs(now: number): number {
    if (this.#count === 0) this.#lead = this.#clock.wall().getTime() - this.#clock.now();
    return Math.floor(this.#lead + now);
  }

  /** Takes the record of a connection that has ended. */
  add(record: ConnectionRecord): void {
    if (this.#recording.records) this.#records.push(record);
    this.#writer?.add(record);
    if (++this.#count >= BATCH) return this.flush();
    this.#timer ??= this.#clock.after(COLLECT_MS, () => this.flush());
  }

  /** Emits what was collected. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#count === 0) return;
    const event: GraphEvent = {
      kind: "connections-ended",
      count: this.#count,
      lost: 0,
      records: this.#records,
      lines: this.#writer?.take() ?? null,
    };
    this.#records = [];
    this.#count = 0;
    this.#emit(event);
  }
}
