/**
 * `plan`: what `apply` would do.
 *
 * @module
 */

import type { PlanRequest, PlanResult } from "../../control/protocol.ts";
import { Engine } from "../../engine/engine.ts";
import { emptyGraph } from "../../engine/graph_place.ts";
import { socketRuntimeName } from "../../engine/types.ts";
import type { Status } from "../../reconcile/status_types.ts";
import { foresee } from "../../sources/guard.ts";
import { guardOf } from "../apply/apply_work.ts";
import type { CommandContext } from "../command.ts";
import { askEngineIfAny, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { PlanInvocation } from "../invocation.ts";
import { printProblems } from "../problems.ts";
import { savePlan } from "../apply/saved_plan.ts";
import { loadWanted } from "../apply/wanted.ts";
import type { ToApply } from "../apply/to_apply.ts";

/** Plans, and the runtime that they are for. */
interface Planned {
  readonly results: readonly PlanResult[];
  readonly socketRuntime: string;
  /** What apply would refuse, or remove. */
  readonly notes: readonly string[];
}

/** Prints the plan against what runs; against nothing where no engine does. */
export async function plan(invocation: PlanInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, output } = context;
  const { out, replace } = invocation;
  const wanted = await loadWanted(invocation.sources, { ...invocation, runtime, socketRuntime: invocation.runtime });
  printProblems(output, wanted.diagnostics);
  if (!wanted.valid) return EXIT.invalid;
  const request = { topologies: wanted.topologies, replace, pinned: out !== null };
  const { path } = socketPlace(runtime, invocation.control);
  const running = await askEngineIfAny(runtime, path, async (client): Promise<Planned> => {
    const status = await client.status();
    const results = await client.plan(request);
    return { results, socketRuntime: status.engine.runtime, notes: notesOf(wanted, { invocation, status, results }) };
  });
  const { results, socketRuntime, notes } = running ?? await planAgainstNothing(request, invocation, context);
  // Saved first: who reads the plan may count on the file.
  if (out !== null) await savePlan(out, { wanted, results, replace }, { runtime, socketRuntime });
  if (invocation.format === "json") {
    output.resultJson({ formatVersion: 1, plans: results.map((result) => result.plan) });
  } else {
    if (running === null) output.note("No engine runs: this is what a new one would do");
    output.result(output.fit("stdout", results.map((result) => result.text).join("\n\n")));
  }
  for (const note of notes) output.note(output.paintNote("warning", note));
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
  return { results: await engine.plan(request), socketRuntime, notes: [] };
}

/** What the guards would say to an apply. */
function notesOf(
  wanted: ToApply,
  about: { invocation: PlanInvocation; status: Status; results: readonly PlanResult[] },
): readonly string[] {
  const { invocation, status, results } = about;
  const running = status.topologies.filter(({ generation }) => generation > 0).map(({ name, source, nodes }) => {
    // Nodes of templates have a path.
    return { name, source, nodes: nodes.filter((node) => !node.name.includes("/")).length };
  });
  const { elsewhere, emptied, gone } = foresee(wanted.topologies, guardOf(wanted, invocation), running);
  const changed = results.filter(({ plan }) => plan.steps.length > 0).map(({ plan }) => plan.topology);
  return [
    ...[...elsewhere].filter(([name]) => changed.includes(name)).map(([, refusal]) => refusal),
    ...emptied === null
      ? gone.map((name) => `"${name}" is gone from its source, and is removed by --prune`)
      : [emptied],
  ];
}
