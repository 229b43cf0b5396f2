/**
 * Serves the streams of events and of taps. Events that a client does not read in time are dropped by the engine.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { CONNECTION_STREAM } from "../../api/operations/connection_events.ts";
import { EVENT_STREAM } from "../../api/operations/events.ts";
import { TAPS } from "../../api/operations/tap.ts";
import { serveLines, type Service } from "../../api/service.ts";

/** Serves the streams of events. */
export function eventServices(engine: Pick<EngineApi, "events" | "connectionEvents" | "tap">): readonly Service[] {
  return [
    serveLines(EVENT_STREAM.events, (_request, signal) => engine.events({ signal })[Symbol.asyncIterator]()),
    serveLines(
      CONNECTION_STREAM.connectionEvents,
      (_request, signal) => engine.connectionEvents({ signal })[Symbol.asyncIterator](),
    ),
    serveLines(TAPS.tap, (request, signal) => begun(engine.tap(request, { signal })[Symbol.asyncIterator]())),
  ];
}

/** Waits for the first line: a stream that fails before it is answered with its error. */
async function begun<T>(lines: AsyncIterator<T>): Promise<AsyncIterator<T>> {
  let first: IteratorResult<T> | null = await lines.next();
  return {
    next() {
      const result = first;
      first = null;
      return result === null ? lines.next() : Promise.resolve(result);
    },
    return: () => lines.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
}
