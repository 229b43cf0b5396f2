/**
 * Serves the stream of events. Events that a client does not read in time are dropped by the engine.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { CONNECTION_STREAM } from "../../api/operations/connection_events.ts";
import { EVENT_STREAM } from "../../api/operations/events.ts";
import { serveLines, type Service } from "../../api/service.ts";

/** Serves the streams of events. */
export function eventServices(engine: Pick<EngineApi, "events" | "connectionEvents">): readonly Service[] {
  return [
    serveLines(EVENT_STREAM.events, (_request, signal) => engine.events({ signal })[Symbol.asyncIterator]()),
    serveLines(
      CONNECTION_STREAM.connectionEvents,
      (_request, signal) => engine.connectionEvents({ signal })[Symbol.asyncIterator](),
    ),
  ];
}
