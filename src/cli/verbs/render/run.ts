/**
 * `render`: what topologies are once everything in them is expanded.
 *
 * @module
 */

import { describeTypes } from "../../../engine/node_catalog.ts";
import { dumpTopologies } from "../../../topology/print/dump.ts";
import type { CommandContext } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { printProblems } from "../../problems.ts";
import { loadDesired } from "../apply/load_desired.ts";
import type { RenderInvocation } from "../render.ts";

/** Prints the topologies as the documents of one file; nothing if one of them is invalid. */
export async function render(invocation: RenderInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const desired = await loadDesired(invocation.sources, { ...invocation, runtime, socketRuntime: invocation.runtime });
  printProblems(output, desired.diagnostics);
  if (!desired.valid) return EXIT.invalid;
  const types = await describeTypes(runtime, "memory");
  output.result(dumpTopologies(desired.topologies.map(({ state }) => state), types).trimEnd());
  return EXIT.done;
}
