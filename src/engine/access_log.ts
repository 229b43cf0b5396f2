/**
 * The access log: a line for each connection that has ended, written in batches. The writer is never waited for by a
 * connection; lines that do not fit into its queue, or that cannot be written, are counted.
 *
 * ```text
 * 2026-01-01T12:00:00.000Z web/front generation=3 client=inet/192.0.2.7:4711 target=inet/10.0.0.2:80 tls=- sni=- alpn=- connect_ms=0.4 duration_ms=12033 in=512 out=10240 by=client reason=eof
 * ```
 *
 * @module
 */

import { recordLine, toMicroseconds } from "../api/operations/connection_events.ts";
import type { ConnectionRecord } from "../graph/data/connection_record.ts";
import { printableLines } from "../printable.ts";
import type { ConnectionRecords } from "./connection_records.ts";
import type { AppendFile } from "../runtimes/runtime.ts";
import type { LogFormat } from "../telemetry/log.ts";

/** The parts of an access log. */
export interface AccessLogOptions {
  readonly sink: AppendFile;
  readonly format: LogFormat;
  /** The limit of records that wait to be written. */
  readonly maxWaiting?: number;
  /** Called when lines cannot be written, with the reason, and with null when they can again. */
  readonly onFailure?: (error: Error | null) => void;
}

/** The limit of records that wait to be written: what comes while a disk stops for some seconds. */
const MAX_WAITING = 65_536;
/** This number of lines is written at once. */
const BATCH = 1_024;

/** Writes records. */
export class AccessLog {
  readonly #options: AccessLogOptions;
  #waiting: ConnectionRecord[] = [];
  #dropped = 0;
  /** Why the last lines could not be written; null where they were. */
  #failure: string | null = null;
  #closing: Promise<void> | null = null;
  /** The writing in progress; null while nothing waits. */
  #writing: Promise<void> | null = null;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /** The number of connections that are missing in it. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes the records of an engine from now on. */
  async follow(records: Pick<ConnectionRecords, "subscribe">): Promise<void> {
    await records.subscribe((event) => this.take(event));
  }

  /** Takes records to be written, and never waits. */
  take({ records, lost }: { readonly records: readonly ConnectionRecord[]; readonly lost: number }): void {
    const room = Math.max(0, (this.#options.maxWaiting ?? MAX_WAITING) - this.#waiting.length);
    this.#dropped += lost + Math.max(0, records.length - room);
    this.#waiting.push(...records.slice(0, room));
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when nothing waits to be written. */
  get idle(): Promise<void> {
    return this.#writing ?? Promise.resolve();
  }

  /** Opens the file again: it may have been moved away. */
  async reopen(): Promise<void> {
    const error = await attempt(() => this.#options.sink.reopen());
    if (error !== null) this.#failed(error);
  }

  /** Writes what waits, and closes the file. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writing;
    const error = await attempt(() => this.#options.sink.close());
    if (error !== null) this.#failed(error);
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const all = this.#waiting;
      this.#waiting = [];
      for (let at = 0; at < all.length; at += BATCH) await this.#write(all.slice(at, at + BATCH));
    }
    this.#writing = null;
  }

  /** A file that cannot be written loses lines, and ends nothing. */
  async #write(batch: readonly ConnectionRecord[]): Promise<void> {
    const { format, sink, onFailure } = this.#options;
    const unopened = await attempt(() => sink.reopen());
    const { written, error } = unopened === null
      ? await sink.write(batch.map((record) => formatAccess(record, format)))
      : { written: 0, error: unopened };
    this.#dropped += batch.length - written;
    if (error !== null) return this.#failed(error);
    if (this.#failure === null) return;
    this.#failure = null;
    onFailure?.(null);
  }

  /** Each cause is reported once. */
  #failed(error: Error): void {
    if (this.#failure !== error.message) this.#options.onFailure?.(error);
    this.#failure = error.message;
  }
}

/** The error of what fails; null if it does not. */
async function attempt(act: () => Promise<void>): Promise<Error | null> {
  try {
    await act();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A connection as a line, including its end. */
export function formatAccess(record: ConnectionRecord, format: LogFormat): string {
  if (format === "json") return `${printableLines(JSON.stringify(recordLine(record)))}\n`;
  const { endedAt, topology, node, generation, client, target, tls, connectMs, durationMs } = record;
  // Written out, because it runs for each connection.
  return `${new Date(endedAt).toISOString()} ${topology === "" ? node : `${topology}/${node}`} ` +
    `generation=${generation} client=${valueText(client)} target=${valueText(target)} ` +
    `tls=${valueText(tls?.version ?? null)} sni=${valueText(tls?.serverName ?? null)} ` +
    `alpn=${valueText(tls?.alpn ?? null)} connect_ms=${connectMs === null ? "-" : toMicroseconds(connectMs)} ` +
    `duration_ms=${toMicroseconds(durationMs)} in=${record.bytesIn} out=${record.bytesOut} ` +
    `by=${record.closedBy} reason=${record.reason}\n`;
}

/** Text of others is quoted where it could be taken for something else. */
function valueText(text: string | null): string {
  if (text === null) return "-";
  return /^[\w.:/@[\]*-]+$/.test(text) && text !== "-" ? text : printableLines(JSON.stringify(text));
}
