/**
 * `export`: what runs, as a topology that `apply` accepts.
 *
 * @module
 */

import type { CommandContext } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { ExportInvocation } from "../invocation.ts";

/** Prints what runs as YAML. */
export async function exportTopology(
  invocation: ExportInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const yaml = await askEngine(runtime, path, (engine) => engine.export(invocation.name));
  if (yaml === "") output.note("Nothing runs");
  else output.result(yaml.trimEnd());
  return EXIT.done;
}
