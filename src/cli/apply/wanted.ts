/**
 * Sources as topologies that an engine can be asked for.
 *
 * The person's own machine reads them, so that `${PORT}` is the person's variable and not the engine's.
 *
 * @module
 */

import { describeTypes, socketRuntimeName } from "../../engine/types.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import { loadTexts } from "../../sources/load.ts";
import { originsOf } from "../../sources/origin.ts";
import type { SourceText } from "../../sources/source.ts";
import type { RuntimeName } from "../invocation.ts";
import { refuseSavedPlans } from "./saved_plan.ts";
import { namedSources, readSources } from "../sources.ts";
import type { ToApply } from "./to_apply.ts";

/** For whom it is read. */
interface LoadOptions {
  readonly runtime: Runtime;
  readonly socketRuntime: RuntimeName | null;
  /** True to take a source that holds nothing for what it is. */
  readonly allowEmpty?: boolean;
}

/** Reads and loads every source. */
export async function loadWanted(
  sources: readonly string[],
  options: LoadOptions,
): Promise<ToApply> {
  const texts = await readSources(sources, options.runtime, options);
  refuseSavedPlans(texts);
  return await loadRead(texts, { ...options, sources });
}

/** Loads texts that were read from these sources, as one who applies them wants them. */
export async function loadRead(
  texts: readonly SourceText[],
  options: LoadOptions & { readonly sources: readonly string[] },
): Promise<ToApply> {
  const { runtime, sources, allowEmpty = false } = options;
  const types = await describeTypes(runtime, socketRuntimeName(runtime, options.socketRuntime));
  const wanted = loadTexts(texts, { types, env: (name) => runtime.process.env(name), allowEmpty });
  return { ...wanted, origins: await originsOf(await namedSources(sources, runtime), runtime.files) };
}
