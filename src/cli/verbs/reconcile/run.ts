/**
 * `reconcile`: reads the source, reverts manual changes and retries now.
 *
 * @module
 */

import { TOPOLOGY } from "../../../api/operations/topology.ts";
import { exitOf, exitOfProblem, showApplyEvent } from "../apply/apply_view.ts";
import type { CommandContext } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode, worstExit } from "../../exit_code.ts";
import type { ReconcileInvocation } from "../reconcile.ts";
import { oneTopology } from "../../one_topology.ts";

/** Makes the engine read the followed source, revert manual changes and retry failures; exits like `apply`. */
export async function reconcile(
  invocation: ReconcileInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { waitMs, format } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (engine) => {
    const name = await oneTopology(engine, invocation.name);
    let source: ExitCode = EXIT.done;
    const outcome = await engine.changeOne(TOPOLOGY.reconcile, { name, waitMs }, (event) => {
      if (event.kind === "source") source = exitOfProblem(event) ?? source;
      showApplyEvent(event, output, { format, loaded: new Map() });
    });
    return worstExit([exitOf(outcome), source]);
  });
}
