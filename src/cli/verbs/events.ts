/**
 * `events`: what happens, as NDJSON.
 *
 * @module
 */

import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { followNews } from "../follow.ts";
import type { EventsInvocation } from "../invocation.ts";

/**
 * Prints a snapshot, then what happens, until it is told to end or the engine ends. That nobody reads any more shows
 * only when the next line is written, a heartbeat at the latest: then it ends quietly.
 */
export async function events(
  invocation: EventsInvocation,
  { runtime, output, stop }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  await askEngine(runtime, path, (engine) => followNews(engine, (news) => output.result(JSON.stringify(news)), stop));
  return EXIT.done;
}
