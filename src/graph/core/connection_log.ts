/**
 * Records of ended connections, for those who asked for them: collected, and emitted together. Nothing is recorded, and
 * nothing is kept for it, while no reader asks.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { ConnectionRecord } from "../data/connection_record.ts";
import type { GraphEvent } from "../data/event.ts";

/** A record waits at most this long for others, in milliseconds. */
const COLLECT_MS = 50;
/** More records than this between two events are counted as lost: the receiver is in another thread, which is behind. */
const MAX_RECORDS = 16_384;

/** The records of a graph. */
export class ConnectionLog {
  readonly #clock: Clock;
  readonly #emit: (event: GraphEvent) => void;
  #isOn = false;
  #records: ConnectionRecord[] = [];
  #lost = 0;
  #timer: Timer | null = null;

  /** A log that is off. Records are passed to `emit`. */
  constructor(clock: Clock, emit: (event: GraphEvent) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** True while records are asked for. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Records from now on, or no longer; connections that are open are not recorded. */
  switch(isOn: boolean): void {
    this.#isOn = isOn;
    if (!isOn) this.flush();
  }

  /** Takes the record of a connection that has ended. */
  add(record: ConnectionRecord): void {
    if (this.#records.length >= MAX_RECORDS) this.#lost++;
    else this.#records.push(record);
    this.#timer ??= this.#clock.after(COLLECT_MS, () => this.flush());
  }

  /** Emits what was collected. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#records.length === 0) return;
    const event = { kind: "connections-ended", records: this.#records, lost: this.#lost } as const;
    this.#records = [];
    this.#lost = 0;
    this.#emit(event);
  }
}
