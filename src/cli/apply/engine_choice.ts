/**
 * Whether the engine that runs is the one that is asked for: its runtime and its threads were chosen when it started.
 *
 * @module
 */

import { socketRuntimeName } from "../../engine/types.ts";
import type { EngineStatus } from "../../reconcile/status_types.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import { CommandFailure } from "../command.ts";
import { askEngineIfAny, socketPlace } from "../connection.ts";
import { EXIT } from "../exit_code.ts";
import type { ApplyInvocation, RuntimeName } from "../invocation.ts";

/**
 * The socket runtime that decides what a topology may have: the named one, else that of the engine that runs; null for
 * the host's default, where none runs.
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

/**
 * Refuses an engine with another runtime or another number of threads.
 *
 * @throws CommandFailure 64
 */
export function requireChoice({ runtime, threads }: ApplyInvocation, engine: EngineStatus): void {
  if (runtime !== null && runtime !== engine.runtime) {
    throw new CommandFailure(EXIT.usage, `The running engine uses runtime "${engine.runtime}", not "${runtime}"`);
  }
  if (threads === null || threads === engine.threads) return;
  const has = engine.threads === 1 ? "1 thread" : `${engine.threads} threads`;
  throw new CommandFailure(EXIT.usage, `The running engine has ${has}, not ${threads}`);
}

/**
 * Refuses several threads where the runtime has one, before an engine is started that cannot say so itself.
 *
 * @throws CommandFailure 64
 */
export function requireThreads({ runtime: name, threads }: ApplyInvocation, runtime: Runtime): void {
  const chosen = socketRuntimeName(runtime, name);
  if (threads !== null && threads > 1 && chosen !== "posix") throw oneThread(chosen, runtime);
}

/** Says that a runtime has no more threads than one, and which has. */
export function oneThread(name: string, { host, socketRuntimes }: Runtime): CommandFailure {
  const able = socketRuntimes.includes("posix") ? `; "${host.name} run apply-posix" has several` : "";
  const message = `Runtime "${name}" serves connections in one thread, and --threads cannot change that${able}`;
  return new CommandFailure(EXIT.usage, message);
}
