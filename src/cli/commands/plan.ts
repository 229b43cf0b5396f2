/**
 * `plan`: what `apply` would do.
 *
 * @module
 */

import type { PlanRequest, PlanResult } from "../../control/protocol.ts";
import { Engine } from "../../engine/engine.ts";
import { emptyGraph } from "../../engine/graph_place.ts";
import { socketRuntimeName } from "../../engine/types.ts";
import type { CommandContext } from "../command.ts";
import { askEngineIfAny, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { PlanInvocation } from "../invocation.ts";
import { printProblems } from "../problems.ts";
import { savePlan } from "../saved_plan.ts";
import { loadWanted } from "../wanted.ts";

/** Plans, and the runtime that they are for. */
interface Planned {
  readonly results: readonly PlanResult[];
  readonly socketRuntime: string;
}

/** Prints the plan against what runs; against nothing where no engine does. */
export async function plan(invocation: PlanInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, output } = context;
  const { out, replace } = invocation;
  const wanted = await loadWanted(invocation.sources, { runtime, socketRuntime: invocation.runtime });
  printProblems(output, wanted.diagnostics);
  if (!wanted.valid) return EXIT.invalid;
  const request = { topologies: wanted.topologies, replace, pinned: out !== null };
  const { path } = socketPlace(runtime, invocation.control);
  const running = await askEngineIfAny(runtime, path, async (client): Promise<Planned> => {
    const { engine } = await client.status();
    return { results: await client.plan(request), socketRuntime: engine.runtime };
  });
  const { results, socketRuntime } = running ?? await planAgainstNothing(request, invocation, context);
  // Saved first: who reads the plan may count on the file.
  if (out !== null) await savePlan(out, { wanted, results, replace }, { runtime, socketRuntime });
  if (invocation.format === "json") {
    output.resultJson({ formatVersion: 1, plans: results.map((result) => result.plan) });
  } else {
    if (running === null) output.note("No engine runs: this is what a new one would do");
    output.result(output.fit("stdout", results.map((result) => result.text).join("\n\n")));
  }
  if (out !== null) output.note(`Saved: "sockgraph apply ${out}" does just this, as long as nothing else changes`);
  const changes = results.some((result) => result.plan.steps.length > 0);
  return changes && invocation.detailedExitCode ? EXIT.changes : EXIT.done;
}

/** An engine plans without opening a socket. */
async function planAgainstNothing(
  request: PlanRequest,
  invocation: PlanInvocation,
  { runtime }: CommandContext,
): Promise<Planned> {
  const socketRuntime = socketRuntimeName(runtime, invocation.runtime);
  const graph = await emptyGraph(runtime, socketRuntime);
  await using engine = new Engine({ graph, clock: runtime.clock, pid: runtime.process.pid });
  return { results: await engine.plan(request), socketRuntime };
}
