/**
 * The resources that a serving engine opens before it begins: its folder of states, its access log, and its graph.
 *
 * @module
 */

import type { AccessLog } from "./access_log.ts";
import type { StartOptions } from "./engine_options.ts";
import { StateStore } from "./following/state_store.ts";
import { openGraph, type PlacedGraph } from "./open_graph.ts";

/** The result. */
export interface Resources {
  readonly graph: PlacedGraph;
  readonly state?: StateStore;
  readonly accessLog?: AccessLog;
  readonly allowExec: readonly string[];
  readonly mayRun?: (path: string) => boolean;
}

/**
 * Opens it; the stack closes what an engine would have closed, if there will be none.
 *
 * @throws NetgraphError the errors of each; StateFolderError for the folder
 */
export async function openResources(
  { runtime, socketRuntime, stateFolder, openAccessLog, allowExec = [], threads = 1, early = null }: StartOptions,
  stack: AsyncDisposableStack,
): Promise<Resources> {
  const { files, control } = runtime;
  const state = stateFolder === undefined
    ? null
    : stack.use(new StateStore(stateFolder, files, (path) => control.lock(path)));
  await state?.open();
  const accessLog = await openAccessLog?.();
  if (accessLog !== undefined) stack.defer(() => accessLog.close());
  const graph = await openGraph(runtime, socketRuntime, { threads, early });
  return {
    graph,
    allowExec,
    // The host starts programs for its own runtime only: posix starts them by calls of the system, and memory emulates them.
    ...(socketRuntime !== runtime.host.name ? {} : { mayRun: (path) => runtime.rights.mayRun(path) }),
    ...(state === null ? {} : { state }),
    ...(accessLog === undefined ? {} : { accessLog }),
  };
}
