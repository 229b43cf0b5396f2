/**
 * Following what an engine tells, until somebody wants to end or the engine does.
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
 * Hands over the news as they come.
 *
 * @returns once the signal has aborted
 * @throws CommandFailure 75 when the engine ends
 */
export async function followNews(
  engine: EventApi,
  take: (news: ControlEvent) => void,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  try {
    for await (const news of engine.events({ signal })) take(news);
  } catch (error) {
    if (!signal.aborted && (error instanceof NoEngine || !isBroken(error))) throw error;
  }
  if (!signal.aborted) throw engineEnded();
}

/** What a client says whose engine is gone. */
export function engineEnded(): CommandFailure {
  return new CommandFailure(EXIT.unavailable, "The engine has exited");
}

/** True for what an exchange ends with whose engine ends in the middle of its answer, or is gone already. */
export function isBroken(error: unknown): boolean {
  if (error instanceof ControlError) return error.code === "no-engine";
  return error instanceof EngineGone || error instanceof NoEngine;
}
