/**
 * Serves the stream of events. What a client does not read in time is dropped by the engine.
 *
 * @module
 */

import type { EngineFace } from "../../api/engine_face.ts";
import { EVENT_STREAM } from "../../api/operations/events.ts";
import { serveLines, type Service } from "../../api/service.ts";

/** Serves the stream of events. */
export function eventServices(engine: Pick<EngineFace, "events">): readonly Service[] {
  return [serveLines(EVENT_STREAM.events, (_request, signal) => engine.events({ signal })[Symbol.asyncIterator]())];
}
