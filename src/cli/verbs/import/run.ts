/**
 * `import`: a topology from a file of another tool.
 *
 * @module
 */

import { describeTypes } from "../../../engine/node_catalog.ts";
import { decodeSource } from "../../../topology/load/load.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { detectFormat } from "./detect.ts";
import { importText } from "./import_text.ts";
import type { ImportInvocation } from "../import.ts";
import { baseDirectory } from "../../paths.ts";
import { printProblems } from "../../problems.ts";
import { resolvePath } from "../../../sources/path.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** Prints the topology; differences are reported on standard error too. */
export async function importFile(
  { file, from, runtime: sockets }: ImportInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { files, process } = runtime;
  const octets = file === "-"
    ? await files.readStdin({ maxBytes: MAX_BYTES })
    : await files.read(resolvePath(baseDirectory(process), file), { maxBytes: MAX_BYTES });
  const decoded = decodeSource(file === "-" ? "stdin" : file, octets);
  if (!decoded.ok) {
    printProblems(output, decoded.diagnostics);
    return EXIT.invalid;
  }
  const format = from ?? detectFormat(decoded.source.text);
  if (format === null) {
    throw new CommandFailure(EXIT.usage, `Cannot detect the format of "${file}": use --from ngctl, socat or rinetd`);
  }
  const types = await describeTypes(runtime, sockets ?? "memory");
  const { yaml, diagnostics } = importText(decoded.source, format, types);
  printProblems(output, diagnostics, yaml === null ? "Nothing was imported" : "");
  if (yaml === null) return EXIT.invalid;
  output.result(yaml.trimEnd());
  return EXIT.done;
}
