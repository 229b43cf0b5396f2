/**
 * `reconcile`: what runs as its source wants it, or as it was wanted last, now.
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

/** Has the followed source looked at, undoes what hands changed, tries again what failed, and ends as `apply` does. */
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
