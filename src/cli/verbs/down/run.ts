/**
 * `down`: stop topologies by what runs, not by a file.
 *
 * @module
 */

import { TOPOLOGY } from "../../../api/operations/topology.ts";
import { waitUntilRemoved } from "../../background/background_engine.ts";
import type { CommandContext } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { formatClosed } from "../../../reconcile/plan/plan_text.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { formatDrained } from "../drain.ts";
import type { DownInvocation } from "../down.ts";

/** Stops topologies. */
export async function down(invocation: DownInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { names, drainMs } = invocation;
  const { stopped, unapplied = [], closed, drained = [], ending = false } = await askEngine(
    runtime,
    path,
    (engine) => engine.ask(TOPOLOGY.down, { names, drainMs }),
  );
  for (const outcome of drained) output.note(formatDrained(outcome));
  if (stopped.length === 0) output.note("Nothing runs");
  for (const name of stopped) {
    const ran = !unapplied.includes(name);
    output.result(ran ? `${name}: stopped${formatClosed(closed[name] ?? 0)}` : `${name}: removed; nothing was running`);
  }
  if (!ending) return EXIT.done;
  await waitUntilRemoved(runtime, path);
  output.note("The background engine has exited");
  return EXIT.done;
}
