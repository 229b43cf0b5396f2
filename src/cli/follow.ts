/**
 * Follows the events of an engine, until a signal or the end of the engine.
 *
 * @module
 */

import { ControlError } from "../api/client.ts";
import type { ControlEvent, EventApi } from "../api/operations/events.ts";
import { EngineGone } from "./client_transport.ts";
import { CommandFailure } from "./command.ts";
import { NoEngine } from "./connection.ts";
import { EXIT } from "./exit_code.ts";

/**
 * Passes on events as they arrive.
 *
 * @returns once the signal has aborted
 * @throws CommandFailure 75 when the engine ends
 */
export async function followEvents(
  engine: EventApi,
  take: (event: ControlEvent) => void,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  try {
    for await (const event of engine.events({ signal })) take(event);
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
  return error instanceof EngineGone || error instanceof NoEngine;
}
