/**
 * `plan`: what `apply` would do.
 *
 * @module
 */

import { APPLY, type PlanRequest, type PlanResult } from "../../../api/operations/apply.ts";
import { Engine } from "../../../engine/engine.ts";
import { emptyGraph } from "../../../engine/open_graph.ts";
import { socketRuntimeName } from "../../../engine/node_catalog.ts";
import { changesAnything, formatAllSteps } from "../../../reconcile/plan/plan_text.ts";
import { decidingRuntime } from "../apply/engine_choice.ts";
import { noteOthers, ownershipOn } from "../apply/ownership_on.ts";
import type { CommandContext } from "../../command.ts";
import { askEngineIfAny, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { PlanInvocation } from "../plan.ts";
import { printProblems } from "../../problems.ts";
import { savePlan } from "../apply/saved_plan.ts";
import { loadDesired } from "../apply/load_desired.ts";

/** Plans, and the runtime that they are for. */
interface Planned {
  readonly results: readonly PlanResult[];
  readonly socketRuntime: string;
  /** The errors that apply would report. */
  readonly refusals: readonly string[];
  /** The number of topologies of other sources that --prune leaves as they are. */
  readonly others: number;
}

/**
 * Prints the plan against what runs; against nothing where no engine does.
 *
 * @returns 1 if apply would refuse it, or fail for what is known already
 */
export async function plan(invocation: PlanInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, output } = context;
  const { out, replace, takeOver } = invocation;
  const deciding = await decidingRuntime(runtime, invocation);
  const desired = await loadDesired(invocation.sources, { ...invocation, runtime, socketRuntime: deciding });
  printProblems(output, desired.diagnostics);
  if (!desired.valid) return EXIT.invalid;
  const { topologies, origins } = desired;
  const request = { topologies, origins, replace, pinned: out !== null, confirms: invocation.confirms === true };
  const { path } = socketPlace(runtime, invocation.control);
  const running = await askEngineIfAny(runtime, path, async (client): Promise<Planned> => {
    const status = await client.status();
    const { elsewhere, emptied, removed, others } = ownershipOn(status, desired, invocation);
    const asked = { ...request, remove: emptied === null ? removed : [] };
    const { plans: results } = await client.ask(APPLY.plan, asked);
    const changed = results.filter((result) => changesAnything(result.plan)).map((result) => result.plan.topology);
    const refusals = [...elsewhere].filter(([name]) => changed.includes(name)).map(([, refusal]) => refusal);
    const { runtime: socketRuntime } = status.engine;
    const conflicts = results.flatMap((result) => result.conflicts ?? []);
    const all = [...refusals, ...emptied === null ? [] : [emptied], ...conflicts];
    return { results, socketRuntime, refusals: all, others };
  });
  const { results, socketRuntime, refusals, others } = running ??
    await planAgainstNothing(request, invocation, context);
  // Saved first: when the plan is printed, the file exists.
  if (out !== null) await savePlan(out, { desired, results, replace, takeOver }, { runtime, socketRuntime });
  if (invocation.format === "json") {
    const plans = results.map((result) => result.plan);
    output.resultJson({ formatVersion: 1, plans, ...(refusals.length === 0 ? {} : { refusals }) });
  } else {
    if (running === null) output.note("No engine is running: this is the plan for a new one");
    output.result(output.fit("stdout", formatResults(results, invocation.all)));
  }
  for (const refusal of refusals) output.warn(refusal);
  for (const { plan } of results.slice(desired.topologies.length)) {
    output.warn(`"${plan.topology}" is no longer in its source, and --prune removes it`);
  }
  if (invocation.format === "text") noteOthers(others, output);
  if (out !== null) {
    const does = refusals.length === 0
      ? "applies exactly this plan, unless the observed state changes before"
      : "is refused or fails, for the reason above";
    output.note(`Saved the plan to "${out}": "sockgraph apply ${out}" ${does}`);
  }
  if (refusals.length > 0) return EXIT.failed;
  const changes = results.some((result) => changesAnything(result.plan));
  return changes && invocation.detailedExitCode ? EXIT.changes : EXIT.done;
}

/** For several plans "No changes." is printed only if it applies to all. */
function formatResults(results: readonly PlanResult[], all: boolean): string {
  const changes = results.some(({ plan }) => changesAnything(plan));
  return results.map(({ plan, text }) => {
    return changes && !changesAnything(plan)
      ? `${plan.topology}: generation ${plan.toGeneration}, unchanged`
      : all
      ? formatAllSteps(plan)
      : text;
  }).join("\n\n");
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
  const results = await engine.plan(request);
  return { results, socketRuntime, refusals: results.flatMap(({ conflicts = [] }) => conflicts), others: 0 };
}
