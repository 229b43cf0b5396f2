/**
 * `suspend`: leave a topology alone.
 *
 * @module
 */

import { TOPOLOGY } from "../../api/operations/topology.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { OperateInvocation } from "../invocation.ts";
import { oneTopology } from "../one_topology.ts";

/** Suspends. Doing it twice changes nothing. */
export async function suspend(
  invocation: OperateInvocation<"suspend">,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  await askEngine(runtime, path, async (engine) => {
    const name = await oneTopology(engine, invocation.name);
    await engine.ask(TOPOLOGY.suspend, { name });
    output.result(`${name}: suspended`);
  });
  return EXIT.done;
}
