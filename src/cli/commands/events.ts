/**
 * `events`: what happens, as NDJSON.
 *
 * @module
 */

import { ControlError } from "../../control/client.ts";
import { type CommandContext, CommandFailure } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { EventsInvocation } from "../invocation.ts";
import { StopWish } from "../stop.ts";

/**
 * Prints a snapshot, then what happens, until it is told to end or the engine ends. That nobody reads any more shows
 * only when the next line is written: then it ends quietly.
 */
export async function events(invocation: EventsInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  using stop = new StopWish(runtime.process, runtime.clock);
  const { signal } = stop;
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (engine) => {
    try {
      for await (const news of engine.events({ signal })) output.result(JSON.stringify(news));
    } catch (error) {
      // An engine that is killed ends in the middle of its answer.
      const broken = error instanceof TypeError || (error instanceof ControlError && error.code === "no-engine");
      if (!signal.aborted && !broken) throw error;
    }
    if (signal.aborted) return EXIT.done;
    throw new CommandFailure(EXIT.unavailable, "The engine has ended");
  });
}
