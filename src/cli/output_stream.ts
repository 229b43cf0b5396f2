/**
 * Standard output for verbs that print as long as an engine runs: their reader may stall, and a signal must end them
 * all the same, so they write without blocking the thread.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { Output } from "./output.ts";
import { toStream } from "./color.ts";

/** From so many bytes that are not written yet on, the verb waits. */
const MOST_WAITING = 256 * 1024;
/** How long a signal lets the reader take what waits, in milliseconds; less than a verb has to release its resources. */
const GRACE_MS = 60;

/** One for each run of a verb. */
export class OutputStream {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #waiting: Uint8Array[] = [];
  #unwritten = 0;
  #writing: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** @param options `signal`: ends the verb */
  constructor(output: Output, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }) {
    this.#output = output;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Writes a line, or several; settles when there is room for more, or with the signal. */
  line(text: string): Promise<void> {
    return this.octets(new TextEncoder().encode(`${toStream(text)}\n`));
  }

  /** As {@linkcode line}, bytes as they are. */
  async octets(octets: Uint8Array): Promise<void> {
    this.#waiting.push(octets);
    this.#unwritten += octets.length;
    this.#writing ??= this.#writeAll();
    if (this.#unwritten >= MOST_WAITING) await this.#written();
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Settles when all is written. After the signal it waits no longer than a moment, and warns of what is not. */
  async end(): Promise<void> {
    await this.#written();
    await this.#within(this.#writing);
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#unwritten === 0) return;
    await this.warn(`Up to ${this.#unwritten} bytes of output are not written: their reader does not read`);
  }

  /** A warning; waits no longer than a moment, as standard error may be the same pipe or terminal. */
  async warn(text: string): Promise<void> {
    await this.#within(this.#output.warnUnblocked(text));
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const octets = joined(this.#waiting);
        this.#waiting = [];
        await this.#output.octets("stdout", octets);
        this.#unwritten -= octets.length;
      }
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#writing = null;
  }

  /** Until all is written, or the signal. */
  #written(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      this.#signal.removeEventListener("abort", done);
      resolve();
    };
    if (this.#writing === null || this.#signal.aborted) return Promise.resolve();
    this.#signal.addEventListener("abort", done);
    this.#writing.then(done);
    return promise;
  }

  async #within(work: Promise<void> | null): Promise<void> {
    if (work !== null) await Promise.race([work, sleep(this.#clock, GRACE_MS)]);
  }
}

/** Pieces as one array; a single one is not copied. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
