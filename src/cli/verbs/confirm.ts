/**
 * `confirm`: what apply changed lasts.
 *
 * @module
 */

import { TOPOLOGY } from "../../api/operations/topology.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { ConfirmInvocation } from "../invocation.ts";

/** Confirms what awaits it. */
export async function confirm(
  invocation: ConfirmInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { names } = invocation;
  const { confirmed } = await askEngine(runtime, path, (engine) => engine.ask(TOPOLOGY.confirm, { names }));
  for (const { topology, generation } of confirmed) {
    output.result(`${topology}: generation ${generation} is confirmed`);
  }
  return EXIT.done;
}
