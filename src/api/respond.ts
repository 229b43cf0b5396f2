/**
 * The forms of answers of the control API. Long answers are sent in pieces, as fast as the reader accepts them.
 *
 * @module
 */

import type { ErrorBody } from "./error_body.ts";
import { jsonPieces } from "./json_pieces.ts";
import { NDJSON } from "./operation.ts";

const JSON_TYPE = { "content-type": "application/json" } as const;

/** One JSON value. */
export function json(value: unknown): Response {
  const pieces = jsonPieces(value);
  const first = pieces.next().value ?? "";
  const second = pieces.next();
  // A short response states its length.
  if (second.done === true) return new Response(first, { headers: JSON_TYPE });
  return new Response(streamOf(resumed([first, second.value], pieces)), { headers: JSON_TYPE });
}

/** Text; the runtime adds the charset to plain text. */
export function text(
  text: string,
  { media, status = 200 }: { readonly media: string; readonly status?: number },
): Response {
  return new Response(text, { status, ...(media === "text/plain" ? {} : { headers: { "content-type": media } }) });
}

/** An error. */
export function failure(status: number, error: ErrorBody, headers: Readonly<Record<string, string>> = {}): Response {
  const body = `${JSON.stringify({ error })}\n`;
  return new Response(body, { status, headers: { ...JSON_TYPE, ...headers } });
}

/** One JSON value per line, formatted when it is read, until the iterator ends or the reader has closed. */
export function lines(values: AsyncIterator<unknown>, closed: AbortController = new AbortController()): Response {
  const encoder = new TextEncoder();
  let pieces: Iterator<string, void> = [][Symbol.iterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let piece = pieces.next();
      if (piece.done === true) {
        const { done, value } = await values.next();
        if (closed.signal.aborted) return;
        if (done === true) return controller.close();
        pieces = jsonPieces(value);
        piece = pieces.next();
      }
      if (piece.done !== true) controller.enqueue(encoder.encode(piece.value));
    },
    async cancel() {
      closed.abort();
      await values.return?.(); // Otherwise the iterator would stay open.
    },
  });
  return new Response(body, { headers: { "content-type": NDJSON } });
}

function* resumed(begun: readonly string[], rest: Iterable<string>): Generator<string, void, void> {
  yield* begun;
  yield* rest;
}

function streamOf(pieces: Iterator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}
