/**
 * `wait`: until topologies are Ready.
 *
 * @module
 */

import { STATUS } from "../../api/operations/status.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, NoEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { engineEnded, isBroken } from "../follow.ts";
import type { WaitInvocation } from "../invocation.ts";

/**
 * Waits; says what is not Ready when the time is over, or as soon as it cannot become so.
 *
 * @throws CommandFailure 75 when the engine ends
 */
export async function wait(invocation: WaitInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { names, timeoutMs } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  const { ready, waiting } = await askEngine(runtime, path, async (engine) => {
    try {
      return await engine.ask(STATUS.wait, { names, timeoutMs });
    } catch (error) {
      throw isBroken(error) && !(error instanceof NoEngine) ? engineEnded() : error;
    }
  });
  if (ready) return EXIT.done;
  for (const line of waiting) output.error(line);
  return EXIT.notReady;
}
