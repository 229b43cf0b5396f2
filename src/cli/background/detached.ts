/**
 * The engine in the background, in its own process: it starts empty, writes to its log, and serves requests like any
 * other.
 *
 * The starting process marks it by its environment.
 *
 * @module
 */

import { Engine } from "../../engine/engine.ts";
import { NetgraphError } from "../../errors.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import type { LogFormat } from "../../telemetry/log.ts";
import { VERSION } from "../../version.ts";
import { announceMonitoring, startFailure, startOptions } from "../verbs/apply/start_engine.ts";
import { applyAgain } from "../verbs/apply/apply_work.ts";
import { follows } from "../verbs/apply/follow_sources.ts";
import { commandNaming } from "../command_name.ts";
import { EngineLog } from "./engine_log.ts";
import { DETACHED } from "./log_place.ts";
import { eventReporter } from "../event_view.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { type Foreground, runInForeground } from "../verbs/apply/foreground.ts";
import type { ApplyInvocation } from "../verbs/apply.ts";
import { Output } from "../output.ts";
import { ServiceNotice } from "../verbs/apply/service_notice.ts";
import { type CommandContext, CommandFailure } from "../command.ts";

/** A log is turned at this size. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** The log of this process as an engine in the background; null if it is not one. */
export function detachedLog({ process, background, clock }: Runtime): EngineLog | null {
  const path = process.env(DETACHED.log) ?? "";
  if (path === "") return null;
  const format: LogFormat = process.env(DETACHED.format) === "json" ? "json" : "text";
  return new EngineLog(background.openLog(path, { maxBytes: MAX_LOG_BYTES }), { clock, format });
}

/** Runs until it is requested to end. */
export async function runDetached(
  invocation: ApplyInvocation,
  { runtime: machine, log, stop, early = null }: Pick<CommandContext, "runtime" | "stop" | "early"> & {
    readonly log: EngineLog;
  },
): Promise<ExitCode> {
  const process = log.processOf(machine.process);
  const runtime: Runtime = { ...machine, process };
  const output = new Output(process, { color: false, withCommand: commandNaming((name) => process.env(name)), log });
  logFatalErrors(runtime, output);
  using _held = stop.hold();
  try {
    const engine = await Engine.start({
      ...startOptions(invocation, { runtime, output, stop, early }),
      onEvent: log.listener(eventReporter(output, runtime)),
      leave: () => stop.ask(),
    });
    if (engine === null) {
      output.note("Another engine has the control socket; this one exits");
      return EXIT.unavailable;
    }
    output.note(`Engine in the background: sockgraph ${VERSION}, pid ${process.pid}`);
    announceMonitoring(engine, output);
    const foreground = {
      runtime,
      output,
      engine,
      stop,
      invocation,
      notice: new ServiceNotice(runtime.service, output),
    };
    const code = await runInForeground(workOf(foreground), { ...foreground, quiet: true });
    output.note("Stopped");
    return code;
  } catch (error) {
    const failure = error instanceof NetgraphError ? await startFailure(error, invocation, runtime) : error;
    output.error(textOf(failure));
    throw failure;
  }
}

/** The standard error of a background process is not read: an error that ends it is in its log. */
export function logFatalErrors({ background, process }: Pick<Runtime, "background" | "process">, output: Output): void {
  background.onFatalError((error) => {
    output.error(`Engine exits, uncaught error (this is a bug in sockgraph): ${stackOf(error)}`);
    process.exit(EXIT.failed);
  });
}

/** A failure in a line; a bug with the place where it is. */
function textOf(error: unknown): string {
  if (error instanceof CommandFailure || error instanceof NetgraphError) return error.message;
  return stackOf(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** Requests arrive over the control socket; only reading again is requested by a signal. */
function workOf(foreground: Foreground): Parameters<typeof runInForeground>[0] {
  return {
    begin: () => Promise.resolve(EXIT.done),
    again: () => follows(foreground.invocation) ? foreground.engine.readAgain() : applyAgain(foreground),
    stays: () => true,
  };
}
