/**
 * Records of ended connections, for those who follow them, and their lines, for the access log. The graph records only
 * while there is one of them.
 *
 * @module
 */

import type { ConnectionLine } from "../api/operations/connection_events.ts";
import { Channel } from "../channel.ts";
import type { Clock, Timer } from "../clock.ts";
import { recordLine } from "../graph/data/connection_line.ts";
import type { LineFormat } from "../graph/data/connection_record.ts";
import type { ConnectionsEnded } from "../graph/data/event.ts";
import type { GraphPort } from "../graph/port/port.ts";

/** The limit of records that wait for a slow reader. */
const MAX_WAITING = 4_096;
/** Without a record, a heartbeat is sent after this time: only a write shows that the reader has left. */
const HEARTBEAT_MS = 5_000;

/** Receives lines of connections. */
export interface LineReceiver {
  /** Takes lines and their memory: their bytes, and how many there are. */
  take(lines: Uint8Array<ArrayBuffer>, count: number): void;
  /** So many lines are lost. */
  lost(count: number): void;
}

/** Sends records to any number of receivers, and lines to one. */
export class ConnectionRecords {
  readonly #port: Pick<GraphPort, "recordConnections">;
  readonly #clock: Clock;
  readonly #readers = new Set<Channel<ConnectionLine>>();
  #lines: { readonly format: LineFormat; readonly receiver: LineReceiver } | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor(port: Pick<GraphPort, "recordConnections">, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
  }

  /** Sends records. */
  take({ records, lines, count, lost }: ConnectionsEnded): void {
    if (lost > 0) this.#miss(lost);
    if (lines !== null) this.#lines?.receiver.take(lines, count);
    if (this.#readers.size === 0) return;
    for (const record of records) {
      const line = recordLine(record);
      for (const reader of this.#readers) reader.send(line);
    }
  }

  /** Passes lines to `receiver` from now on. */
  async writeTo(format: LineFormat, receiver: LineReceiver): Promise<void> {
    this.#lines = { format, receiver };
    await this.#record();
  }

  /** Records from now on, until the signal aborts or the engine has ended; a line counts those that a reader misses. */
  async *follow({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ConnectionLine> {
    if (this.#closed) return;
    const reader = new Channel<ConnectionLine>({
      limit: MAX_WAITING,
      gap: (count) => this.#dropped(count),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#readers.add(reader);
    this.#timer ??= this.#clock.after(HEARTBEAT_MS, () => this.#beat());
    try {
      if (this.#readers.size === 1) await this.#record();
      yield* reader;
    } finally {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) {
        this.#stopBeating();
        if (!this.#closed) await this.#record();
      }
    }
  }

  /** No record follows: the graph has ended. */
  close(): void {
    this.#closed = true;
    this.#stopBeating();
    for (const reader of this.#readers) reader.end();
  }

  #record(): Promise<void> {
    return this.#port.recordConnections({ records: this.#readers.size > 0, lines: this.#lines?.format ?? null });
  }

  /** The graph could not send these records. */
  #miss(count: number): void {
    this.#lines?.receiver.lost(count);
    for (const reader of this.#readers) reader.send(this.#dropped(count));
  }

  #stopBeating(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #beat(): void {
    this.#timer = this.#clock.after(HEARTBEAT_MS, () => this.#beat());
    for (const reader of this.#readers) if (reader.isEmpty) reader.send({ kind: "heartbeat", time: this.#time() });
  }

  #dropped(count: number): ConnectionLine {
    return { kind: "dropped", time: this.#time(), count };
  }

  #time(): string {
    return this.#clock.wall().toISOString();
  }
}
