/**
 * `adopt`: what hands changed is wanted from now on.
 *
 * @module
 */

import { TOPOLOGY } from "../../api/operations/topology.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { OperateInvocation } from "../invocation.ts";
import { oneTopology } from "../one_topology.ts";

/** Takes what runs for what is wanted. */
export async function adopt(
  invocation: OperateInvocation<"adopt">,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { topology, generation, drift } = await askEngine(runtime, path, async (engine) => {
    return await engine.ask(TOPOLOGY.adopt, { name: await oneTopology(engine, invocation.name) });
  });
  if (drift === null) {
    output.result(`${topology}: no difference from generation ${generation}`);
    return EXIT.done;
  }
  output.result(`${topology}: adopted the difference at ${drift} as generation ${generation}`);
  output.note(
    `The next apply of its file reverts it: "sockgraph export ${topology}" prints what to write into the file`,
  );
  return EXIT.done;
}
