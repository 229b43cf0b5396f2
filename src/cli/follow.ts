/**
 * Follows the events of an engine, until a signal or the end of the engine.
 *
 * @module
 */

import { ControlError } from "../api/client.ts";
import type { ControlEvent, EventApi } from "../api/operations/events.ts";
import { EngineExited } from "./client_transport.ts";
import { CommandFailure } from "./command.ts";
import { NoEngine } from "./connection.ts";
import { EXIT } from "./exit_code.ts";

/** As {@linkcode followLines}, of the events of an engine. */
export function followEvents(
  engine: EventApi,
  take: (event: ControlEvent) => void,
  stop: { readonly signal: AbortSignal },
): Promise<void> {
  return followLines(engine.events({ signal: stop.signal }), take, stop);
}

/**
 * Passes on lines as they arrive, each when the one before is taken.
 *
 * @returns once the signal has aborted
 * @throws CommandFailure 75 when the engine ends
 */
export async function followLines<T>(
  lines: AsyncIterable<T>,
  take: (line: T) => void | Promise<void>,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  try {
    for await (const line of lines) await take(line);
  } catch (error) {
    if (!signal.aborted && (error instanceof NoEngine || !isBroken(error))) throw error;
  }
  if (!signal.aborted) throw engineEnded();
}

/** The message of a client after the end of its engine. */
export function engineEnded(): CommandFailure {
  return new CommandFailure(EXIT.unavailable, "The engine has exited");
}

/** True for the error of an exchange whose engine ends during its answer, or has already ended. */
export function isBroken(error: unknown): boolean {
  if (error instanceof ControlError) return error.code === "no-engine";
  return error instanceof EngineExited || error instanceof NoEngine;
}
