/**
 * The graph's thread, started while the modules of `apply` are still loading: both need about the same time.
 *
 * @module
 */

import { EarlyWorker, workerModule } from "../engine/worker/start_worker.ts";
import { NetgraphError } from "../errors.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { DETACHED } from "./background/log_place.ts";
import type { RuntimeName } from "./command.ts";
import { socketPlace } from "./connection.ts";

/** The options of `apply` that decide whether this process becomes an engine. */
export interface EarlyInvocation {
  readonly detach: boolean;
  readonly dryRun: boolean;
  readonly runtime: RuntimeName | null;
  readonly control: string | null;
}

/** A thread for the engine that this process is about to become; null if it probably becomes none. */
export async function startEarly(invocation: EarlyInvocation, runtime: Runtime): Promise<EarlyWorker | null> {
  const { name } = runtime.host;
  const isClient = invocation.detach && (runtime.process.env(DETACHED.log) ?? "") === "";
  if (invocation.dryRun || isClient || (invocation.runtime ?? name) !== name) return null;
  if (!runtime.rights.mayLoad(workerModule(name))) return null;
  const { path } = socketPlace(runtime, invocation.control);
  try {
    if (await runtime.files.stat(path) !== null) return null; // An engine may answer there.
  } catch (error) {
    if (error instanceof NetgraphError) return null;
    throw error;
  }
  return new EarlyWorker(name);
}
