/**
 * Sources as topologies that an engine can be asked for.
 *
 * The person's own machine reads them, so that `${PORT}` is the person's variable and not the engine's.
 *
 * @module
 */

import { describeTypes, socketRuntimeName } from "../engine/types.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { WantedTopology } from "../control/protocol.ts";
import { loadTexts, type Wanted } from "../sources/load.ts";
import type { SourceText } from "../sources/source.ts";
import type { RuntimeName } from "./invocation.ts";
import { refuseSavedPlans } from "./saved_plan.ts";
import { readSources } from "./sources.ts";

/** What is to be applied: what sources hold, or what a saved plan does. */
export interface ToApply extends Omit<Wanted, "topologies"> {
  readonly topologies: readonly WantedTopology[];
}

/** Reads and loads every source. */
export async function loadWanted(
  sources: readonly string[],
  options: { readonly runtime: Runtime; readonly socketRuntime: RuntimeName | null },
): Promise<Wanted> {
  const texts = await readSources(sources, options.runtime);
  refuseSavedPlans(texts);
  return await loadRead(texts, options);
}

/** Loads texts that were read, as one who applies them wants them. */
export async function loadRead(
  texts: readonly SourceText[],
  options: { readonly runtime: Runtime; readonly socketRuntime: RuntimeName | null },
): Promise<Wanted> {
  const { runtime } = options;
  const types = await describeTypes(runtime, socketRuntimeName(runtime, options.socketRuntime));
  return loadTexts(texts, { types, env: (name) => runtime.process.env(name) });
}
