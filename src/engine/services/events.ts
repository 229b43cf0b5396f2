/**
 * Serves the stream of events. Events that a client does not read in time are dropped by the engine.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { EVENT_STREAM } from "../../api/operations/events.ts";
import { serveLines, type Service } from "../../api/service.ts";

/** Serves the stream of events. */
export function eventServices(engine: Pick<EngineApi, "events">): readonly Service[] {
  return [serveLines(EVENT_STREAM.events, (_request, signal) => engine.events({ signal })[Symbol.asyncIterator]())];
}
