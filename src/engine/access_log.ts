/**
 * The access log: a line for each connection that has ended, written in batches. The writer is never waited for by a
 * connection; lines that do not fit into its queue, or that cannot be written, are counted.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { LineFormat } from "../graph/data/connection_record.ts";
import { NetgraphError } from "../errors.ts";
import type { AppendFile } from "../runtimes/runtime.ts";
import type { ConnectionRecords } from "./connection_records.ts";

/** The parts of an access log. */
export interface AccessLogOptions {
  readonly sink: AppendFile;
  readonly format: LineFormat;
  readonly clock: Clock;
  /** The limit of lines that wait to be written, including those that are being written. */
  readonly maxWaiting?: number;
  /** Called when lines cannot be written, with the reason, and with null when they can again. */
  readonly onFailure?: (error: Error | null) => void;
}

/** The limit of lines that wait to be written: those of some seconds in which a disk does not write. */
const MAX_WAITING = 65_536;

/** The time that a disk, or the reader of a pipe, has for the last lines; they are lost after it. */
export const CLOSE_WITHIN_MS = 5_000;

/** Lines that were written together. */
interface Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

/** Writes lines. */
export class AccessLog {
  readonly #options: AccessLogOptions;
  #waiting: Lines[] = [];
  /** The number of lines that wait, including those that are being written. */
  #unwritten = 0;
  #dropped = 0;
  /** Why the last lines could not be written; null if they were. */
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

  /** Takes the connections of an engine from now on. */
  async follow(records: Pick<ConnectionRecords, "writeTo">): Promise<void> {
    await records.writeTo(this.#options.format, this);
  }

  /** Takes lines to be written, whose memory it frees, and never waits. */
  take(bytes: Uint8Array<ArrayBuffer>, count: number): void {
    if (this.#unwritten + count > (this.#options.maxWaiting ?? MAX_WAITING)) {
      free(bytes);
      return this.lost(count);
    }
    this.#unwritten += count;
    this.#waiting.push({ bytes, count });
    this.#writing ??= this.#writeAll();
  }

  /** Counts lines that did not arrive. */
  lost(count: number): void {
    this.#dropped += count;
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

  /** Writes what waits, as far as there is time for it, and closes the file. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock, onFailure } = this.#options;
    const over = new AbortController();
    const late = this.#writing !== null && await Promise.race([
      this.#writing.then(() => false),
      sleep(clock, CLOSE_WITHIN_MS, over).then(() => true, () => true),
    ]);
    over.abort();
    if (late) {
      this.#dropped += this.#unwritten;
      onFailure?.(new NetgraphError("ETIMEDOUT", `Cannot write the last ${this.#unwritten} lines of the access log`));
      return;
    }
    const error = await attempt(() => this.#options.sink.close());
    if (error !== null) this.#failed(error);
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const all = this.#waiting;
      this.#waiting = [];
      for (const lines of all) {
        await this.#write(lines);
        free(lines.bytes);
        this.#unwritten -= lines.count;
      }
    }
    this.#writing = null;
  }

  /** A file that cannot be written loses lines, and ends nothing. */
  async #write({ bytes, count }: Lines): Promise<void> {
    const { sink, onFailure } = this.#options;
    const unopened = await attempt(() => sink.reopen());
    const failure = unopened === null ? await sink.write(bytes) : { written: 0, error: unopened };
    if (failure !== null) {
      this.#dropped += count - failure.written;
      return this.#failed(failure.error);
    }
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

/**
 * Frees memory. This thread allocates little, so that it rarely collects its young objects: lines would wait until their
 * bytes make it collect the whole heap.
 */
function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  buffer.transfer(0);
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
