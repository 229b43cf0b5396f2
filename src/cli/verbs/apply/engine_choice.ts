/**
 * Whether the running engine is the requested one: its runtime, threads, state folder and drain were chosen when it
 * started.
 *
 * @module
 */

import { hasThreads, socketRuntimeName } from "../../../engine/node_catalog.ts";
import type { EngineStatus } from "../../../reconcile/status/status_types.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { CommandFailure } from "../../command.ts";
import { askEngineIfAny, socketPlace } from "../../connection.ts";
import { EXIT } from "../../exit_code.ts";
import type { ApplyInvocation } from "../apply.ts";
import type { RuntimeName } from "../../command.ts";
import type { Output } from "../../output.ts";

/**
 * The socket runtime that determines the capabilities: the named one, otherwise that of the running engine; null for
 * the host's default, if none runs.
 */
export async function decidingRuntime(
  runtime: Runtime,
  { control, runtime: named }: Pick<ApplyInvocation, "control" | "runtime">,
): Promise<RuntimeName | null> {
  if (named !== null) return named;
  const { path } = socketPlace(runtime, control);
  const status = await askEngineIfAny(runtime, path, (client) => client.status());
  return RUNTIMES.find((name) => name === status?.engine.runtime) ?? null;
}

const RUNTIMES: readonly RuntimeName[] = ["deno", "bun", "posix", "memory"];

/** Whether the engine was already running. */
interface Origin {
  readonly output: Output;
  /** Present with `--detach`; `started`: it is the engine that this command has started, with all of its options. */
  readonly background?: { readonly started: boolean } | undefined;
}

/**
 * Rejects an engine with another runtime, another number of threads or without the state folder, and reports that it
 * keeps its own drain.
 *
 * @throws CommandFailure 64
 */
export function requireChoice(
  { runtime, threads, state, accessLog, allowExec, http, drainMs }: ApplyInvocation,
  engine: EngineStatus,
  { output, background }: Origin,
): void {
  if (background?.started === true) return;
  const early = Object.entries({
    "--state": state,
    "--access-log": accessLog,
    "--allow-exec": allowExec[0] ?? null,
    "--http": http,
  })
    .find(([, value]) => value !== null)?.[0];
  if (early !== undefined) {
    const message =
      `${early} applies only when an engine starts, and one is already running: leave ${early} out, or restart the engine with it`;
    throw new CommandFailure(EXIT.usage, message);
  }
  if (runtime !== null && runtime !== engine.runtime) {
    throw new CommandFailure(
      EXIT.usage,
      `The running engine uses runtime "${engine.runtime}", not "${runtime}": leave --runtime out, or restart the engine with it`,
    );
  }
  if (threads !== null && threads !== engine.threads) {
    const has = engine.threads === 1 ? "1 thread" : `${engine.threads} threads`;
    throw new CommandFailure(EXIT.usage, `The running engine has ${has}, not ${threads}`);
  }
  if (drainMs > 0) {
    output.note("The running engine keeps its own --drain: the option applies only when an engine starts");
  }
}

/**
 * Rejects several threads if the runtime has only one, before an engine is started that could not report it.
 *
 * @throws CommandFailure 64
 */
export function requireThreads({ runtime: name, threads }: ApplyInvocation, runtime: Runtime): void {
  const chosen = socketRuntimeName(runtime, name);
  if (threads !== null && threads > 1 && !hasThreads(runtime, chosen)) throw oneThread(chosen, runtime);
}

/** The error for several threads on a runtime with one, with a suggestion. */
export function oneThread(name: string, { socketRuntimes }: Runtime): CommandFailure {
  const able = socketRuntimes.includes("posix") ? "; try --runtime posix" : "";
  const message = `Runtime "${name}" serves connections in one thread, and --threads cannot change that${able}`;
  return new CommandFailure(EXIT.usage, message);
}
