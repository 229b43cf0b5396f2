/**
 * Records of ended connections, for subscribers. The graph records only while there is a subscriber.
 *
 * @module
 */

import { type ConnectionLine, recordLine } from "../api/operations/connection_events.ts";
import { Channel } from "../channel.ts";
import type { Clock, Timer } from "../clock.ts";
import type { ConnectionsEnded } from "../graph/data/event.ts";
import type { GraphPort } from "../graph/port/port.ts";

/** The limit of records that wait for a slow reader. */
const MAX_WAITING = 4_096;
/** Without a record, a heartbeat is sent after this time: only a write shows that the reader has left. */
const HEARTBEAT_MS = 5_000;

/** Sends records to any number of receivers. */
export class ConnectionRecords {
  readonly #port: Pick<GraphPort, "recordConnections">;
  readonly #clock: Clock;
  readonly #receivers = new Set<(event: ConnectionsEnded) => void>();
  readonly #readers = new Set<Channel<ConnectionLine>>();
  #timer: Timer | null = null;
  #closed = false;

  constructor(port: Pick<GraphPort, "recordConnections">, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
  }

  /** Sends records. */
  take(event: ConnectionsEnded): void {
    for (const receive of this.#receivers) receive(event);
  }

  /** Calls `receive` with records from now on; the returned function ends that. */
  async subscribe(receive: (event: ConnectionsEnded) => void): Promise<() => Promise<void>> {
    this.#receivers.add(receive);
    if (this.#receivers.size === 1) await this.#port.recordConnections(true);
    return async () => {
      this.#receivers.delete(receive);
      if (this.#receivers.size === 0 && !this.#closed) await this.#port.recordConnections(false);
    };
  }

  /** Records from now on, until the signal aborts or the engine has ended; a line counts those that a reader misses. */
  async *follow({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ConnectionLine> {
    if (this.#closed) return;
    const reader = new Channel<ConnectionLine>({
      limit: MAX_WAITING,
      gap: (count) => this.#dropped(count),
      ...(signal === undefined ? {} : { signal }),
    });
    const end = await this.subscribe(({ records, lost }) => {
      for (const record of records) reader.send(recordLine(record));
      if (lost > 0) reader.send(this.#dropped(lost));
    });
    this.#readers.add(reader);
    this.#timer ??= this.#clock.after(HEARTBEAT_MS, () => this.#beat());
    try {
      yield* reader;
    } finally {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.#stopBeating();
      await end();
    }
  }

  /** No record follows: the graph has ended. */
  close(): void {
    this.#closed = true;
    this.#stopBeating();
    for (const reader of this.#readers) reader.end();
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
