/**
 * This process as the engine, in the foreground: it does its work, then runs until a signal.
 *
 * @module
 */

import { duration } from "../../../ascii/duration.ts";
import { openConnections } from "../../../reconcile/status/status_select.ts";
import { sleep } from "../../../clock.ts";
import type { Engine } from "../../../engine/engine.ts";
import type { CommandContext } from "../../command.ts";
import { formatDrained } from "../drain.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { ApplyInvocation } from "../apply.ts";
import type { ServiceNotice } from "./service_notice.ts";
import { printStatus } from "../status/status_print.ts";

/** The context of a foreground engine. */
export interface Foreground extends CommandContext {
  readonly notice: ServiceNotice;
  readonly engine: Engine;
  readonly invocation: ApplyInvocation;
  /** True if no user reads a table. */
  readonly quiet?: boolean;
}

/** The work of a foreground engine. */
export interface ForegroundWork {
  /** Does it the first time. */
  begin(): Promise<ExitCode>;
  /** Does it again on SIGHUP; errors are printed and change nothing. */
  again(): Promise<void>;
  /** True when the engine runs on although the first time ended so. */
  stays(code: ExitCode): boolean;
}

/**
 * Begins and runs on.
 *
 * @returns 0 when it is ended after it was Ready, or while it is; 130 or 143 when before; what the beginning ends with when that fails
 */
export async function runInForeground(work: ForegroundWork, foreground: Foreground): Promise<ExitCode> {
  const { engine, stop, runtime, invocation } = foreground;
  const started = beginOrStop(work, foreground);
  // From now on, not only when it is Ready: an unhandled SIGHUP would end the process.
  let queue: Promise<unknown> = started;
  const unlisten = runtime.process.onSignal("SIGHUP", () => {
    queue = queue.then(() => reload(work, foreground));
  });
  try {
    const first = await started;
    if (first.kind !== "runs") return await end(foreground, first.code);
    await foreground.notice.notify("ready", first.ready ? READY : NOT_READY);
    if (invocation.format === "text" && foreground.quiet !== true) {
      printStatus(await engine.status(), { runtime, output: foreground.output });
      foreground.output.note("Press Ctrl-C to stop the engine");
    }
    const code = await Promise.race([stop.asked, standardIoOver(foreground).catch(unlessStopped(foreground))]);
    if (code === null) return await end(foreground, EXIT.done);
    const ready = first.ready || await isReady(engine);
    return await end(foreground, ready ? EXIT.done : code);
  } finally {
    unlisten();
  }
}

/**
 * Resolves with null once a topology has joined standard input to sockets, and all connections have ended permanently.
 */
async function standardIoOver({ engine, runtime, stop, quiet }: Foreground): Promise<null> {
  while (quiet !== true && !stop.signal.aborted) {
    const nodes = (await engine.status()).topologies.flatMap(({ nodes }) => nodes);
    if (!nodes.some(({ type }) => type === "stdio")) break;
    const sockets = nodes.filter(({ type }) => type === "ksocket");
    if (sockets.length > 0 && sockets.every(({ state }) => state === "ended")) return null;
    await sleep(runtime.clock, CHECK_INTERVAL_MS);
  }
  return await new Promise(() => {}); // Only a signal ends the engine.
}

/** While it stops, the engine answers nothing. */
function unlessStopped({ stop }: Foreground): (error: unknown) => Promise<null> {
  return (error) => stop.signal.aborted ? new Promise(() => {}) : Promise.reject(error);
}

/** The interval of checks whether connections of standard input have ended. */
const CHECK_INTERVAL_MS = 100;

const READY = "All is Ready";
const NOT_READY = "Not everything is Ready; the engine keeps retrying";

type First =
  | { readonly kind: "runs"; readonly ready: boolean }
  | { readonly kind: "failed"; readonly code: ExitCode }
  | { readonly kind: "stopped"; readonly code: ExitCode };

async function beginOrStop(work: ForegroundWork, { engine, stop, output }: Foreground): Promise<First> {
  // /readyz may report Ready before the terminal does.
  const stopped = stop.asked.then(async (code): Promise<First> => {
    return { kind: "stopped", code: await isReady(engine) ? EXIT.done : code };
  });
  const begun = work.begin().then(async (code): Promise<First> => {
    const runs = code === EXIT.done || code === EXIT.notReady || work.stays(code);
    if (!runs) return { kind: "failed", code };
    if (code === EXIT.notReady) output.note(NOT_READY);
    else if (code !== EXIT.done) output.note(await keepsRunning(engine));
    return { kind: "runs", ready: code === EXIT.done };
  }, async (error: unknown): Promise<First> => {
    if (stop.signal.aborted) return await stopped;
    throw error;
  });
  return await Promise.race([begun, stopped]);
}

async function keepsRunning(engine: Engine): Promise<string> {
  const { topologies } = await engine.status();
  if (topologies.length > 0) return "The engine keeps running with what was applied";
  return "Nothing was applied; the engine keeps running and follows the source";
}

/** True if there are topologies and all of them are Ready. */
async function isReady(engine: Engine): Promise<boolean> {
  const { topologies } = await engine.status();
  return topologies.length > 0 && (await engine.wait({ names: [], timeoutMs: 0 })).ready;
}

/** Reads the sources again, and notifies the service manager. */
async function reload(work: ForegroundWork, foreground: Foreground): Promise<void> {
  const { engine, notice, stop } = foreground;
  if (stop.signal.aborted) return;
  await engine.reopenAccessLog();
  await notice.notify("reloading", "Reading the sources again");
  foreground.output.note("Reading the sources again");
  await work.again();
  try {
    const { ready } = await engine.wait({ names: [], timeoutMs: 0 });
    if (!stop.signal.aborted) await notice.notify("ready", ready ? READY : NOT_READY);
  } catch (error) {
    if (!stop.signal.aborted) throw error; // While it stops, the engine answers nothing.
  }
}

/** Shuts down gracefully, unless there is a second signal. */
async function end(foreground: Foreground, code: ExitCode): Promise<ExitCode> {
  const { engine, stop, output, notice } = foreground;
  if (stop.signal.aborted) output.note("Stopping");
  await notice.notify("stopping", "Stopping");
  const ended = drainFirst(foreground).then(() => engine[Symbol.asyncDispose]()).then(() => code);
  return await Promise.race([ended, stop.insisted]);
}

async function drainFirst({ engine, invocation, output }: Foreground): Promise<void> {
  const { drainMs } = invocation;
  if (drainMs === 0) return;
  try {
    const { topologies } = await engine.status();
    const active = topologies.reduce((sum, one) => sum + openConnections(one), 0);
    const count = active === 1 ? "1 connection" : `${active} connections`;
    const limit = `for ${duration.format(drainMs)} at most`;
    output.note(`Waiting for ${count} to end, ${limit}; a second Ctrl-C or SIGTERM ends at once`);
    for (const outcome of await engine.drain({ targets: [], generation: null, timeoutMs: drainMs })) {
      output.note(formatDrained(outcome));
    }
  } catch (error) {
    // It ends anyway.
    output.error(error instanceof Error ? error.message : String(error));
  }
}
