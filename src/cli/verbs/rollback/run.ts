/**
 * `rollback`: back to an earlier generation.
 *
 * @module
 */

import type { ApplyEvent } from "../../../api/apply_event.ts";
import { TOPOLOGY } from "../../../api/operations/topology.ts";
import { exitOf, showApplyEvent } from "../apply/apply_view.ts";
import type { CommandContext } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import type { ExitCode } from "../../exit_code.ts";
import type { RollbackInvocation } from "../rollback.ts";
import { oneTopology } from "../../one_topology.ts";

/** Prints the plan of the rollback, applies it, and exits like `apply`. */
export async function rollback(
  invocation: RollbackInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { generation, waitMs, format } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (engine) => {
    const name = await oneTopology(engine, invocation.name);
    // The lines of an earlier generation no longer exist: a failure is reported without its place in the file.
    const view = { format, loaded: new Map() };
    const emit = (event: ApplyEvent) => showApplyEvent(event, output, view);
    return exitOf(await engine.changeOne(TOPOLOGY.rollback, { name, generation, waitMs }, emit));
  });
}
