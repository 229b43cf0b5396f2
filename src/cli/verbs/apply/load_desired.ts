/**
 * Converts sources to topologies for an engine.
 *
 * The person's own machine reads them, so that `${PORT}` is the person's variable and not the engine's.
 *
 * @module
 */

import { describeTypes, socketRuntimeName } from "../../../engine/node_catalog.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { IDLE_BYTES, SMALL_BYTES, ThreadLoader } from "../../../engine/loading/thread_loader.ts";
import type { AppliedSource } from "../../../reconcile/status/status_types.ts";
import { appliedEnvironment, withGivenValues } from "../../../sources/applied_variables.ts";
import { originsOf } from "../../../sources/origin.ts";
import type { SourceText } from "../../../sources/source.ts";
import type { ParameterOptions } from "../../args/parts.ts";
import { readGivenValues, withProblems } from "../../given_values.ts";
import type { RuntimeName } from "../../command.ts";
import { refuseSavedPlans } from "./saved_plan.ts";
import { namedSources, readSources } from "../../sources.ts";
import type { ToApply } from "./to_apply.ts";

/** The reader. */
interface LoadOptions extends ParameterOptions {
  readonly runtime: Runtime;
  readonly socketRuntime: RuntimeName | null;
  /** True to accept an empty source. */
  readonly allowEmpty?: boolean;
  /** True where this process moves data meanwhile. */
  readonly serves?: boolean;
  /** The running topologies: they are read with the variables with which they were applied. */
  readonly applied?: readonly AppliedSource[];
  /** Cancels it. */
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

/** Loads texts of these sources for an apply. */
export async function loadRead(
  texts: readonly SourceText[],
  options: LoadOptions & { readonly sources: readonly string[] },
): Promise<ToApply> {
  const { given, diagnostics } = await readGivenValues(options, options.runtime);
  const { runtime, sources, allowEmpty = false, serves = false, applied = [], signal } = options;
  const name = socketRuntimeName(runtime, options.socketRuntime);
  const types = await describeTypes(runtime, name);
  const hereBytes = () => serves ? SMALL_BYTES : IDLE_BYTES;
  const loader = new ThreadLoader({ clock: runtime.clock, runtime: name, hereBytes });
  const env = appliedEnvironment(withGivenValues((name) => runtime.process.env(name), given), applied);
  const loading = { types, env, given, allowEmpty };
  const desired = await loader.load(texts, { ...loading, ...(signal === undefined ? {} : { signal }) })
    .finally(() => loader.close());
  return {
    ...withProblems(desired, diagnostics),
    origins: await originsOf(await namedSources(sources, runtime), runtime.files),
  };
}
