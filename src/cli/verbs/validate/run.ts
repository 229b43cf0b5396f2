/**
 * `validate`: what is wrong with topologies, without opening anything.
 *
 * @module
 */

import { diagnosticData } from "../../../topology/parse/diagnostic.ts";
import type { CommandContext } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { ValidateInvocation } from "../validate.ts";
import { printProblems } from "../../problems.ts";
import { loadDesired } from "../apply/load_desired.ts";

/** Prints every problem, and a line for each topology that has none. */
export async function validate(
  invocation: ValidateInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const desired = await loadDesired(invocation.sources, { ...invocation, runtime, socketRuntime: invocation.runtime });
  const { diagnostics, valid } = desired;
  // A file with an error is not applied, so none of its topologies is reported as valid.
  const wrong = new Set(diagnostics.filter(({ severity }) => severity === "error").map(({ file }) => file));
  // A wrong value of a parameter is in no source: it concerns all topologies.
  const isGiven = [...wrong].some(({ name }) => name.startsWith("--set ") || invocation.values.includes(name));
  const topologies = desired.topologies.filter(({ state: { name } }) => {
    const source = desired.loaded.get(name)?.source;
    return !isGiven && (source === undefined || !wrong.has(source));
  });
  if (invocation.format === "json") {
    const names = topologies.map(({ state }) => state.name);
    output.resultJson({ formatVersion: 1, valid, topologies: names, diagnostics: diagnostics.map(diagnosticData) });
  } else {
    printProblems(output, diagnostics);
    for (const { state } of topologies) {
      const count = state.nodes.length;
      output.result(`${state.name}: valid, ${count} ${count === 1 ? "node" : "nodes"}`);
    }
  }
  return valid ? EXIT.done : EXIT.invalid;
}
