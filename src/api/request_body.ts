/**
 * The bodies of requests: JSON, within limits that hold for each and for all together.
 *
 * A body is counted while it arrives and parsed in pieces (`json_text.ts`), so that its size and the memory of its
 * value are limited: an array of empty arrays needs a hundred times the memory of its text. Only a few large bodies are
 * read at the same time; small ones never wait.
 *
 * @module
 */

import { type Pace, runCooperatively, runSync, type Task, TimeSlice } from "../cooperative.ts";
import { MalformedError } from "./fields.ts";
import { JsonText } from "./json_text.ts";

/** The limit of a request: a source has at most 16 MiB of text, and its states are less than twice as long. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** A body up to this size is read without waiting for others. */
const SMALL_BYTES = 1024 * 1024;
/** The number of larger bodies that are read at the same time. */
const LARGE_AT_ONCE = 2;
/** The time limit of a larger body. */
const LARGE_WITHIN_MS = 60_000;
/** From so many pieces on, each has to have some bytes on average: handling a piece costs more than its bytes. */
const MANY_PIECES = 5_000;
const LEAST_PIECE_BYTES = 64;
/** The part of a piece that is processed without a pause: a host may return a whole body as one piece. */
const STRETCH_BYTES = 64 * 1024;

/** Thrown for a request that is larger than it may be. */
export class TooLargeError extends Error {
  override readonly name: string = "TooLargeError";
}

/** Reads bodies. */
export class RequestBodies {
  readonly #pace: Pace | null;
  #large = 0;
  #waiting: readonly (() => void)[] = [];

  /**
   * @param pace its clock limits how long a large body may take; null for no limit
   */
  constructor(pace: Pace | null) {
    this.#pace = pace;
  }

  /**
   * Reads a request's JSON.
   *
   * @throws TooLargeError, and MalformedError for a body that is not whole, or not JSON
   */
  async read(request: Request): Promise<unknown> {
    const announced = Number(request.headers.get("content-length") ?? 0);
    if (announced > MAX_BODY_BYTES) throw tooLarge();
    if (request.body === null) return this.#parse(new JsonText(0));
    const body = request.body.getReader();
    try {
      return await this.#readAll(body);
    } finally {
      // The rest is not needed; after the end this does nothing.
      body.cancel().catch(() => {});
    }
  }

  async #readAll(body: ReadableStreamDefaultReader<Uint8Array>): Promise<unknown> {
    const text = new JsonText(MAX_BODY_BYTES);
    let bytes = 0;
    let pieces = 0;
    let large = false;
    let late = false;
    const timer = this.#pace?.clock.after(LARGE_WITHIN_MS, () => {
      if (!large) return;
      late = true;
      body.cancel().catch(() => {});
    });
    try {
      for (;;) {
        const piece = await next(body);
        if (late) throw new MalformedError(`The request took longer than ${LARGE_WITHIN_MS / 1_000} s to arrive`);
        if (piece === null) return await this.#parse(text);
        bytes += piece.length;
        if (bytes > MAX_BODY_BYTES) throw tooLarge();
        if (++pieces > MANY_PIECES && bytes < pieces * LEAST_PIECE_BYTES) {
          throw new MalformedError("The request arrives in pieces that are too small");
        }
        await this.#add(text, piece);
        if (large || bytes <= SMALL_BYTES) continue;
        await this.#takePlace();
        large = true;
      }
    } finally {
      timer?.cancel();
      if (large) this.#leavePlace();
    }
  }

  async #add(text: JsonText, piece: Uint8Array): Promise<void> {
    const timeSlice = this.#pace === null ? null : new TimeSlice(this.#pace);
    for (let from = 0; from < piece.length; from += STRETCH_BYTES) {
      if (!text.add(piece.subarray(from, from + STRETCH_BYTES))) throw tooLarge();
      if (timeSlice?.due === true) await timeSlice.yield();
    }
  }

  async #parse(text: JsonText): Promise<unknown> {
    return await this.run(text.value());
  }

  /** Does work of a request with rests, as others wait for the thread. */
  async run<T>(work: Task<T>): Promise<T> {
    return this.#pace === null ? runSync(work) : await runCooperatively(work, this.#pace);
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

  /** Passes the place to the body that has waited longest. */
  #leavePlace(): void {
    const [next, ...others] = this.#waiting;
    this.#waiting = others;
    if (next === undefined) this.#large--;
    else next();
  }
}

/** The next piece; null at the end. */
async function next(body: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await body.read();
    return done ? null : value;
  } catch (error) {
    throw new MalformedError(`The request ended early: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tooLarge(): TooLargeError {
  return new TooLargeError(`The request is larger than ${MAX_BODY_BYTES / (1024 * 1024)} MiB`);
}
