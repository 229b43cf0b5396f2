/**
 * This process as the engine, in the foreground: it applies, then runs until it is told to end.
 *
 * @module
 */

import { duration } from "../ascii/duration.ts";
import type { ApplyRequest } from "../control/protocol.ts";
import type { Engine } from "../engine/engine.ts";
import { exitOf, showApplyEvent } from "./apply_view.ts";
import { type CommandContext, CommandFailure } from "./command.ts";
import { formatDrained } from "./commands/drain.ts";
import { EXIT, type ExitCode, worstExit } from "./exit_code.ts";
import type { ApplyInvocation } from "./invocation.ts";
import { printProblems } from "./problems.ts";
import { whatRunsOn } from "./runs_on.ts";
import type { ServiceNews } from "./service_news.ts";
import { printStatus } from "./status_print.ts";
import type { StopWish } from "./stop.ts";
import { loadWanted, type ToApply } from "./wanted.ts";

/** What a foreground engine works with. */
export interface Foreground extends CommandContext {
  readonly news: ServiceNews;
  readonly engine: Engine;
  readonly invocation: ApplyInvocation;
  readonly stop: StopWish;
}

/**
 * Applies and runs on.
 *
 * @returns 0 when it is ended after it was Ready; 130 or 143 when before; what `apply` ends with when that fails
 */
export async function runInForeground(wanted: ToApply, foreground: Foreground): Promise<ExitCode> {
  const { engine, stop, runtime, invocation } = foreground;
  const started = applyOrStop(wanted, foreground);
  // From now on, not only when it is Ready: a SIGHUP that nobody listens to would end the process.
  let work: Promise<unknown> = started;
  const unlisten = runtime.process.onSignal("SIGHUP", () => {
    work = work.then(() => reload(foreground));
  });
  try {
    const first = await started;
    if (first.kind !== "runs") return await end(foreground, first.code);
    await foreground.news.tell("ready", first.ready ? READY : NOT_READY);
    if (invocation.format === "text") printStatus(await engine.status(), { runtime, output: foreground.output });
    const code = await stop.asked;
    const ready = first.ready || (await engine.wait({ names: [], timeoutMs: 0 })).ready;
    return await end(foreground, ready ? EXIT.done : code);
  } finally {
    unlisten();
  }
}

const READY = "All is Ready";
const NOT_READY = "Not everything is Ready; the engine keeps trying";

type First =
  | { readonly kind: "runs"; readonly ready: boolean }
  | { readonly kind: "failed"; readonly code: ExitCode }
  | { readonly kind: "stopped"; readonly code: ExitCode };

async function applyOrStop(wanted: ToApply, foreground: Foreground): Promise<First> {
  const { stop } = foreground;
  const applied = applyOnce(wanted, foreground).catch(async (error: unknown): Promise<First> => {
    if (stop.signal.aborted) return { kind: "stopped", code: await stop.asked };
    throw error;
  });
  return await Promise.race([applied, stop.asked.then((code) => ({ kind: "stopped", code }) as const)]);
}

async function applyOnce(wanted: ToApply, foreground: Foreground): Promise<First> {
  const { engine, output, invocation, stop } = foreground;
  const options = { format: invocation.format, loaded: wanted.loaded };
  const request = requestOf(wanted, invocation);
  const outcomes = await engine.apply(request, (event) => showApplyEvent(event, output, options), {
    signal: stop.signal,
  });
  const code = worstExit(outcomes.map(exitOf));
  if (code !== EXIT.done && code !== EXIT.notReady) return { kind: "failed", code };
  if (code === EXIT.notReady) output.note(NOT_READY);
  return { kind: "runs", ready: code === EXIT.done };
}

/** Reads the sources again, and lets the service manager know. */
async function reload(foreground: Foreground): Promise<void> {
  const { engine, news, stop } = foreground;
  if (stop.signal.aborted) return;
  await news.tell("reloading", "Reading the sources again");
  await applyAgain(foreground);
  try {
    const { ready } = await engine.wait({ names: [], timeoutMs: 0 });
    if (!stop.signal.aborted) await news.tell("ready", ready ? READY : NOT_READY);
  } catch (error) {
    if (!stop.signal.aborted) throw error; // While it stops, the engine answers nothing.
  }
}

/** Reads the sources again. Whatever is wrong with them, what runs runs on. */
async function applyAgain(foreground: Foreground): Promise<void> {
  const { engine, output, invocation, runtime, stop } = foreground;
  output.note("Reading the sources again");
  try {
    if (invocation.sources.includes("-")) {
      return output.note("Standard input cannot be read again; nothing was changed");
    }
    const wanted = await loadWanted(invocation.sources, { runtime, socketRuntime: invocation.runtime });
    printProblems(output, wanted.diagnostics, wanted.valid ? "" : whatRunsOn(await engine.status(), wanted));
    if (wanted.valid) await applyOnce(wanted, foreground);
  } catch (error) {
    if (stop.signal.aborted) return;
    const known = error instanceof CommandFailure ? "" : " (nothing was changed)";
    output.error(`${error instanceof Error ? error.message : String(error)}${known}`);
  }
}

/** Ends in order, unless somebody insists. */
async function end(foreground: Foreground, code: ExitCode): Promise<ExitCode> {
  const { engine, stop, output, news } = foreground;
  if (stop.signal.aborted) output.note("Stopping");
  await news.tell("stopping", "Stopping");
  const ended = drainFirst(foreground).then(() => engine[Symbol.asyncDispose]()).then(() => code);
  return await Promise.race([ended, stop.insisted]);
}

async function drainFirst({ engine, invocation, output }: Foreground): Promise<void> {
  const { drainMs } = invocation;
  if (drainMs === 0) return;
  output.note(`Letting connections end, for ${duration.format(drainMs)} at most`);
  try {
    for (const outcome of await engine.drain({ targets: [], generation: null, timeoutMs: drainMs })) {
      output.note(formatDrained(outcome));
    }
  } catch (error) {
    // It ends all the same.
    output.error(error instanceof Error ? error.message : String(error));
  }
}

/** What is asked of the engine. */
export function requestOf(wanted: ToApply, invocation: ApplyInvocation): ApplyRequest {
  const { replace, rollback, waitMs, confirmMs, selfHeal } = invocation;
  const request = { topologies: wanted.topologies, replace, rollback, waitMs, selfHeal };
  return confirmMs === null ? request : { ...request, confirmMs };
}
