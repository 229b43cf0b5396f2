/**
 * `reconcile`: what runs as it was wanted last, now.
 *
 * @module
 */

import { exitOf, showApplyEvent } from "../apply_view.ts";
import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import type { ExitCode } from "../exit_code.ts";
import type { ReconcileInvocation } from "../invocation.ts";
import { oneTopology } from "../one_topology.ts";

/** Undoes what hands changed, tries again what failed, and ends as `apply` does. */
export async function reconcile(
  invocation: ReconcileInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { waitMs, format } = invocation;
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (engine) => {
    const name = await oneTopology(engine, invocation.name);
    const view = { format, loaded: new Map() };
    return exitOf(await engine.reconcile({ name, waitMs }, (event) => showApplyEvent(event, output, view)));
  });
}
