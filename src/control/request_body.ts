/**
 * The bodies of requests: JSON, within limits that hold for each and for all together.
 *
 * A body is counted while it arrives, so that neither its size nor what parsing makes of it is a surprise: an array of
 * empty arrays takes a hundred times the memory of its text. Large bodies are read a few at a time; small ones never
 * wait.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { GrowingBuffer } from "../growing_buffer.ts";
import { MalformedError } from "./fields.ts";

/** No request is larger: a source has at most 16 MiB of text, and its states are not twice as long. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** A body up to this size is read without waiting for others. */
const SMALL_BYTES = 1024 * 1024;
/** How many larger bodies are read at the same time. */
const LARGE_AT_ONCE = 2;
/** How long a larger body may take to arrive. */
const LARGE_WITHIN_MS = 60_000;
/** How many values and separators a body may have. */
const MAX_TOKENS = 4_000_000;
/** From so many pieces on, each has to have some bytes on average: handling a piece costs more than its bytes. */
const MANY_PIECES = 5_000;
const LEAST_PIECE_BYTES = 64;
/** How deep a body may be nested. */
const MAX_DEPTH = 100;

/** Thrown for a request that is larger than it may be. */
export class TooLargeError extends Error {
  override readonly name: string = "TooLargeError";
}

/** Reads bodies. */
export class RequestBodies {
  readonly #clock: Clock | null;
  #large = 0;
  #waiting: readonly (() => void)[] = [];

  /**
   * @param clock limits how long a large body may take; null for no limit
   */
  constructor(clock: Clock | null) {
    this.#clock = clock;
  }

  /**
   * Reads a request's JSON.
   *
   * @throws TooLargeError, and MalformedError for a body that is not whole, or not JSON
   */
  async read(request: Request): Promise<unknown> {
    const announced = Number(request.headers.get("content-length") ?? 0);
    if (announced > MAX_BODY_BYTES) throw tooLarge();
    if (request.body === null) return parse(new Uint8Array(0));
    const body = request.body.getReader();
    try {
      return await this.#readAll(body);
    } finally {
      // What is still to come is not wanted; after the end this does nothing.
      body.cancel().catch(() => {});
    }
  }

  async #readAll(body: ReadableStreamDefaultReader<Uint8Array>): Promise<unknown> {
    const gathered = new GrowingBuffer(MAX_BODY_BYTES);
    const count = new JsonCount();
    let pieces = 0;
    let large = false;
    let late = false;
    const timer = this.#clock?.after(LARGE_WITHIN_MS, () => {
      if (!large) return;
      late = true;
      body.cancel().catch(() => {});
    });
    try {
      for (;;) {
        const piece = await next(body);
        if (late) throw new MalformedError(`The request took longer than ${LARGE_WITHIN_MS / 1_000} s to arrive`);
        if (piece === null) return parse(gathered.whole());
        count.add(piece);
        if (++pieces > MANY_PIECES && gathered.length < pieces * LEAST_PIECE_BYTES) {
          throw new MalformedError("The request arrives in pieces that are too small");
        }
        if (!gathered.add(piece)) throw tooLarge();
        if (large || gathered.length <= SMALL_BYTES) continue;
        await this.#takePlace();
        large = true;
      }
    } finally {
      timer?.cancel();
      if (large) this.#leavePlace();
    }
  }

  async #takePlace(): Promise<void> {
    if (this.#large < LARGE_AT_ONCE) {
      this.#large++;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting = [...this.#waiting, resolve];
    });
  }

  /** Gives the place to the body that has waited longest. */
  #leavePlace(): void {
    const [next, ...others] = this.#waiting;
    this.#waiting = others;
    if (next === undefined) this.#large--;
    else next();
  }
}

/** Counts a JSON text in pieces, as far as memory and stack depend on it. */
class JsonCount {
  #tokens = 0;
  #depth = 0;
  #quoted = false;
  #escaped = false;

  /** @throws MalformedError for too many of them, or too deep a nesting */
  add(piece: Uint8Array): void {
    for (const byte of piece) {
      if (this.#escaped) this.#escaped = false;
      else if (this.#quoted) {
        if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#quoted = false;
      } else if (byte === QUOTE) this.#quoted = true;
      else if (byte === COMMA) this.#tokens++;
      else if (byte === OPEN_LIST || byte === OPEN_MAP) {
        this.#tokens++;
        this.#depth++;
        if (this.#depth > MAX_DEPTH) {
          throw new MalformedError(`The request is nested more than ${MAX_DEPTH} levels deep`);
        }
      } else if (byte === CLOSE_LIST || byte === CLOSE_MAP) this.#depth--;
    }
    if (this.#tokens <= MAX_TOKENS) return;
    throw new MalformedError(`The request has more than ${MAX_TOKENS.toLocaleString("en")} values`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const OPEN_MAP = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_MAP = 0x7d;

/** The next piece; null at the end. */
async function next(body: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await body.read();
    return done ? null : value;
  } catch (error) {
    throw new MalformedError(`The request broke off: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new MalformedError(`The request is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tooLarge(): TooLargeError {
  return new TooLargeError(`The request is larger than ${MAX_BODY_BYTES / (1024 * 1024)} MiB`);
}
