/**
 * Saved plans as files: written by `plan --out`, read by `apply`.
 *
 * @module
 */

import { MalformedError } from "../../../api/fields.ts";
import type { PlanResult } from "../../../api/operations/apply.ts";
import {
  decodeSavedPlan,
  parseSavedPlan,
  type PlannedTopology,
  type PlanText,
  type ReadPlan,
  SAVED_PLAN_KIND,
  sealPlan,
} from "../../../api/saved_plan.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { resolvePath } from "../../../sources/path.ts";
import type { SourceText } from "../../../sources/source.ts";
import { VERSION } from "../../../version.ts";
import { CommandFailure } from "../../command.ts";
import { EXIT } from "../../exit_code.ts";
import type { ApplyInvocation } from "../apply.ts";
import type { RuntimeName } from "../../command.ts";
import { baseDirectory } from "../../paths.ts";
import type { ToApply } from "./to_apply.ts";

/** It shows the running topologies to its readers, and is applied without a further question. */
const MODE = 0o600;

/** The input of `apply` with a saved plan. */
export interface OpenedPlan {
  /** The name of its file. */
  readonly name: string;
  readonly desired: ToApply;
  /** The request, with the plan's own options. */
  readonly invocation: ApplyInvocation;
  /** True when nothing of what it is about ran when it was made. */
  readonly againstNothing: boolean;
}

/** Saves plans with their preconditions. */
export async function savePlan(
  path: string,
  planned: {
    readonly desired: Pick<ToApply, "topologies">;
    /** First of desired topologies, then of removed ones. */
    readonly results: readonly PlanResult[];
    readonly replace: readonly string[];
    readonly takeOver: boolean;
  },
  { runtime, socketRuntime }: { readonly runtime: Runtime; readonly socketRuntime: string },
): Promise<void> {
  const topologies = planned.desired.topologies.map((topology, index): PlannedTopology => {
    return { ...topology, ...pinned(planned.results[index]) };
  });
  const removals = planned.results.slice(topologies.length).map((result) => {
    return { topology: result.plan.topology, ...pinned(result) };
  });
  const saved = await sealPlan({
    kind: SAVED_PLAN_KIND,
    formatVersion: 1,
    version: VERSION,
    createdAt: runtime.clock.wall().toISOString(),
    runtime: socketRuntime,
    replace: planned.replace,
    takeOver: planned.takeOver,
    topologies,
    removals,
  });
  const place = resolvePath(baseDirectory(runtime.process), path);
  await runtime.files.write(place, `${JSON.stringify(saved, null, 2)}\n`, { mode: MODE });
}

function pinned(result: PlanResult | undefined): Pick<PlannedTopology, "base" | "plan"> {
  if (result?.base === undefined) throw new TypeError("Cannot save a plan without the state it was made for");
  return { base: result.base, plan: result.plan };
}

/**
 * The saved plan among the texts of `apply`; null if there is none.
 *
 * @throws CommandFailure 64 beside other sources or options that the plan contains, 65 for one that is unreadable or
 * modified
 */
export async function openPlan(
  texts: readonly SourceText[],
  invocation: ApplyInvocation,
): Promise<OpenedPlan | null> {
  const [found] = texts.flatMap((text) => {
    const plan = parseText(text);
    return plan === null ? [] : [{ text, plan }];
  });
  if (found === undefined) return null;
  const { name, location } = found.text;
  if (texts.length > 1) throw new CommandFailure(EXIT.usage, `"${name}" is a saved plan, which is applied alone`);
  const plan = await read(name, found.plan);
  if (invocation.replace.length > 0) {
    throw new CommandFailure(EXIT.usage, `"${name}" is a saved plan, which already states which nodes are recreated`);
  }
  if (invocation.set.length + invocation.values.length > 0) {
    throw new CommandFailure(EXIT.usage, `"${name}" is a saved plan, which has the values of all parameters already`);
  }
  const runtime = runtimeOf(name, plan, invocation);
  const { topologies, removals, replace } = plan;
  const takeOver = invocation.takeOver || plan.takeOver;
  return {
    name,
    desired: {
      topologies,
      removals,
      loaded: new Map(),
      diagnostics: [],
      locations: [location],
      origins: [],
      valid: true,
    },
    invocation: { ...invocation, replace, takeOver, runtime },
    againstNothing: [...topologies, ...removals].every(({ base }) => base.generation === 0),
  };
}

/**
 * Rejects saved plans where sources are expected.
 *
 * @throws CommandFailure 64
 */
export function refuseSavedPlans(texts: readonly SourceText[]): void {
  const found = texts.find((text) => parseText(text) !== null);
  if (found === undefined) return;
  throw new CommandFailure(EXIT.usage, `"${found.name}" is a saved plan, which only apply can apply, and only once`);
}

function parseText({ octets }: SourceText): PlanText | null {
  // Most sources are none, and large ones need not be decoded to see it.
  return octets[0] === 0x7b ? parseSavedPlan(new TextDecoder().decode(octets)) : null;
}

async function read(name: string, plan: PlanText): Promise<ReadPlan> {
  if (plan.kind === "damaged") {
    throw new CommandFailure(EXIT.invalid, `Cannot read saved plan "${name}": It is not JSON: run plan again`);
  }
  try {
    return await decodeSavedPlan(plan.value, { program: VERSION });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new CommandFailure(EXIT.invalid, `Cannot read saved plan "${name}": ${error.message}`, { cause: error });
  }
}

const RUNTIMES: readonly RuntimeName[] = ["deno", "bun", "posix", "memory"];

/** Capabilities differ from one runtime to the next: what was checked for one is not applied to another. */
function runtimeOf(name: string, plan: ReadPlan, invocation: ApplyInvocation): RuntimeName {
  const runtime = RUNTIMES.find((one) => one === plan.runtime);
  if (runtime === undefined) {
    throw new CommandFailure(EXIT.invalid, `Saved plan "${name}" is for runtime "${plan.runtime}", which is not known`);
  }
  if (invocation.runtime === null || invocation.runtime === runtime) return runtime;
  throw new CommandFailure(EXIT.usage, `Saved plan "${name}" is for runtime "${runtime}", not "${invocation.runtime}"`);
}
