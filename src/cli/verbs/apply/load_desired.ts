/**
 * Sources as topologies that an engine can be asked for.
 *
 * The person's own machine reads them, so that `${PORT}` is the person's variable and not the engine's.
 *
 * @module
 */

import { describeTypes, socketRuntimeName } from "../../../engine/node_catalog.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { IDLE_BYTES, SMALL_BYTES, ThreadLoader } from "../../../engine/loading/thread_loader.ts";
import type { AppliedSource } from "../../../reconcile/status/status_types.ts";
import { appliedEnvironment } from "../../../sources/applied_variables.ts";
import { originsOf } from "../../../sources/origin.ts";
import type { SourceText } from "../../../sources/source.ts";
import type { RuntimeName } from "../../command.ts";
import { refuseSavedPlans } from "./saved_plan.ts";
import { namedSources, readSources } from "../../sources.ts";
import type { ToApply } from "./to_apply.ts";

/** For whom it is read. */
interface LoadOptions {
  readonly runtime: Runtime;
  readonly socketRuntime: RuntimeName | null;
  /** True to take a source that holds nothing for what it is. */
  readonly allowEmpty?: boolean;
  /** True where this process moves data meanwhile. */
  readonly serves?: boolean;
  /** What runs already: it is read with the variables that it was applied with. */
  readonly applied?: readonly AppliedSource[];
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** Reads and loads every source. */
export async function loadDesired(
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
  const { runtime, sources, allowEmpty = false, serves = false, applied = [], signal } = options;
  const name = socketRuntimeName(runtime, options.socketRuntime);
  const types = await describeTypes(runtime, name);
  const hereBytes = () => serves ? SMALL_BYTES : IDLE_BYTES;
  const loader = new ThreadLoader({ clock: runtime.clock, runtime: name, hereBytes });
  const env = appliedEnvironment((name) => runtime.process.env(name), applied);
  const loading = { types, env, allowEmpty };
  const desired = await loader.load(texts, { ...loading, ...(signal === undefined ? {} : { signal }) })
    .finally(() => loader.close());
  return { ...desired, origins: await originsOf(await namedSources(sources, runtime), runtime.files) };
}
