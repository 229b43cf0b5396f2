/**
 * Sources as topologies that an engine can be asked for.
 *
 * The person's own machine reads them, so that `${PORT}` is the person's variable and not the engine's.
 *
 * @module
 */

import { describeTypes, socketRuntimeName } from "../engine/types.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { loadTexts, type Wanted } from "../sources/load.ts";
import type { RuntimeName } from "./invocation.ts";
import { readSources } from "./sources.ts";

/** Reads and loads every source. */
export async function loadWanted(
  sources: readonly string[],
  options: { readonly runtime: Runtime; readonly socketRuntime: RuntimeName | null },
): Promise<Wanted> {
  const { runtime } = options;
  const texts = await readSources(sources, runtime);
  const types = await describeTypes(runtime, socketRuntimeName(runtime, options.socketRuntime));
  return loadTexts(texts, { types, env: (name) => runtime.process.env(name) });
}
