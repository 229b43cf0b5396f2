/**
 * `apply`: uses the running engine if there is one; otherwise this process becomes the engine, in the foreground.
 *
 * @module
 */

import { APPLY } from "../../../api/operations/apply.ts";
import { NetgraphError } from "../../../errors.ts";
import { requireLogOptions } from "./access_log.ts";
import { exitOf, showApplyEvent } from "./apply_view.ts";
import { applyWork, requestOf, viewOf } from "./apply_work.ts";
import { noteOthers, ownershipOn } from "./ownership_on.ts";
import { BackgroundEngine } from "../../background/background_engine.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { askEngine, askEngineIfAny, socketPlace } from "../../connection.ts";
import { decidingRuntime, requireChoice } from "./engine_choice.ts";
import { detachedLog, runDetached } from "../../background/detached.ts";
import { EXIT, type ExitCode, worstExit } from "../../exit_code.ts";
import { runInForeground } from "./foreground.ts";
import { applyAndFollow, follows } from "./follow_sources.ts";
import type { ApplyInvocation } from "../apply.ts";
import { printProblems } from "../../problems.ts";
import { describeUnchanged } from "./unchanged.ts";
import { ServiceNotice } from "./service_notice.ts";
import { announceEngine, startEngine } from "./start_engine.ts";
import { type OpenedPlan, openPlan } from "./saved_plan.ts";
import { readSources } from "../../sources.ts";
import { loadRead } from "./load_desired.ts";
import { plan } from "../plan/run.ts";

/** Makes topologies so. */
export async function apply(invocation: ApplyInvocation, context: CommandContext): Promise<ExitCode> {
  requireLogOptions(invocation);
  if (invocation.dryRun) {
    const confirms = invocation.confirmMs !== null;
    return await plan(
      { ...invocation, verb: "plan", out: null, detailedExitCode: false, all: false, confirms },
      context,
    );
  }
  const { runtime } = context;
  const log = detachedLog(runtime);
  if (log !== null) return await runDetached(invocation, { ...context, log });
  if (!invocation.detach) return await applySources(invocation, context);
  const { stop } = context;
  using _held = stop.hold(); // The engine that was started for nothing is ended first.
  const background = new BackgroundEngine(invocation, context);
  const applied = applySources(invocation, { ...context, background });
  applied.catch(() => {}); // It is the race that throws it.
  const code = await Promise.race([applied, stop.asked]);
  await background.settle(code);
  return code;
}

type ApplyContext = CommandContext & { readonly background?: BackgroundEngine };

async function applySources(invocation: ApplyInvocation, context: ApplyContext): Promise<ExitCode> {
  const { runtime } = context;
  if (follows(invocation)) return await applyAndFollow(invocation, context);
  const texts = await readSources(invocation.sources, runtime, invocation);
  const opened = await openPlan(texts, invocation);
  if (opened !== null) return await applyWanted(opened, context);
  const socketRuntime = await decidingRuntime(runtime, invocation);
  const desired = await loadRead(texts, { ...invocation, runtime, socketRuntime });
  return await applyWanted({ desired, invocation }, context);
}

/** The input of an apply; a saved plan records whether it was made without an engine. */
type Task = Pick<OpenedPlan, "desired" | "invocation"> & Partial<Pick<OpenedPlan, "name" | "againstNothing">>;

async function applyWanted(task: Task, context: ApplyContext): Promise<ExitCode> {
  const { desired, invocation } = task;
  const { runtime, output } = context;
  const { path } = socketPlace(runtime, invocation.control);
  if (!desired.valid) {
    printProblems(
      output,
      desired.diagnostics,
      describeUnchanged(await askEngineIfAny(runtime, path, (client) => client.status()), desired),
    );
    return EXIT.invalid;
  }
  printProblems(output, desired.diagnostics);
  const engine = await startEngine(invocation, context);
  if (engine === null) return await applyAsClient(task, context);
  if (task.againstNothing === false) {
    await engine[Symbol.asyncDispose]();
    const message =
      `The saved plan "${task.name}" was made for a running engine, and no engine is running; run plan again`;
    throw new CommandFailure(EXIT.failed, message);
  }
  announceEngine(path, { ...context, invocation, engine });
  const notice = new ServiceNotice(runtime.service, output);
  const foreground = { ...context, engine, invocation, notice };
  return await runInForeground(applyWork(desired, foreground), foreground);
}

async function applyAsClient(
  { desired, invocation, name }: Task,
  { runtime, output, background }: ApplyContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (client) => {
    const status = await client.status();
    const { engine } = status;
    if (name !== undefined && invocation.runtime !== null && invocation.runtime !== engine.runtime) {
      const message = `The saved plan "${name}" was made for runtime "${invocation.runtime}", not "${engine.runtime}"`;
      throw new CommandFailure(EXIT.failed, message);
    }
    requireChoice(invocation, engine, { output, background });
    output.note(`Using the running engine (pid ${engine.pid})`);
    const options = viewOf(desired, invocation);
    try {
      const request = requestOf(desired, invocation);
      const outcomes = await client.change(APPLY.apply, request, {
        emit: (event) => showApplyEvent(event, output, options),
        expected: request.topologies.map(({ state }) => state.name),
      });
      if (options.format === "text") noteOthers(ownershipOn(status, desired, invocation).others, output);
      return worstExit(outcomes.map(exitOf));
    } catch (error) {
      if (!(error instanceof NetgraphError) || error.code !== "EBUSY") throw error;
      throw new CommandFailure(EXIT.unavailable, error.message, { cause: error });
    }
  });
}
