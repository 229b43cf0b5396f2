/**
 * The forms that answers of the control API have.
 *
 * @module
 */

import type { ErrorBody } from "./error_body.ts";
import { NDJSON } from "./protocol.ts";

/** One JSON value. */
export function json(value: unknown): Response {
  return new Response(`${JSON.stringify(value)}\n`, { headers: { "content-type": "application/json" } });
}

/** What went wrong. */
export function failure(status: number, error: ErrorBody, headers: Readonly<Record<string, string>> = {}): Response {
  const body = `${JSON.stringify({ error })}\n`;
  return new Response(body, { status, headers: { "content-type": "application/json", ...headers } });
}

/** One JSON value a line, made as they are read, until the iterator ends or nobody reads any more. */
export function lines(values: AsyncIterator<unknown>, gone: AbortController = new AbortController()): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await values.next();
      if (gone.signal.aborted) return;
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    async cancel() {
      gone.abort();
      await values.return?.(); // Where nothing was asked of it any more, nobody else ends it.
    },
  });
  return new Response(body, { headers: { "content-type": NDJSON } });
}
