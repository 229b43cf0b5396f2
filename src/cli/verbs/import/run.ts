/**
 * `import`: a topology from a file of another tool.
 *
 * @module
 */

import { describeTypes, socketRuntimeName } from "../../../engine/node_catalog.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";
import { decodeSource, loadTopology } from "../../../topology/load/load.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { Output } from "../../output.ts";
import { readCompanions } from "./companions.ts";
import { detectFormat } from "./detect.ts";
import { FORMAT_NAMES, orList } from "./format.ts";
import { importText } from "./import_text.ts";
import type { ImportInvocation } from "../import.ts";
import { baseDirectory } from "../../paths.ts";
import { printProblems } from "../../problems.ts";
import { resolvePath } from "../../../sources/path.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** Prints the topology; differences are reported on standard error too. */
export async function importFile(
  { file, from, check, runtime: sockets }: ImportInvocation,
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
    throw new CommandFailure(EXIT.usage, `Cannot detect the format of "${file}": use --from ${orList(FORMAT_NAMES)}`);
  }
  const base = baseDirectory(process);
  const path = file === "-" ? `${base}/stdin` : resolvePath(base, file);
  const folder = resolvePath(path, "..");
  const companions = await readCompanions({ ...decoded.source, name: path }, format, {
    files,
    folder,
    maxBytes: MAX_BYTES,
  });
  const name = check ? socketRuntimeName(runtime, sockets) : sockets ?? "memory";
  const types = await describeTypes(runtime, name);
  const { yaml, diagnostics } = importText(decoded.source, format, types, companions);
  printProblems(output, diagnostics, yaml === null ? "Nothing was imported" : "");
  if (yaml === null) return EXIT.invalid;
  if (check && !checkTopology(yaml, { types, output, runtime: name })) return EXIT.invalid;
  output.result(yaml.trimEnd());
  return EXIT.done;
}

interface CheckOptions {
  readonly types: readonly NodeType[];
  readonly output: Output;
  readonly runtime: string;
}

/** Validates what was imported, and says so; false if it is not valid. */
function checkTopology(yaml: string, { types, output, runtime }: CheckOptions): boolean {
  const source = { name: "topology", text: yaml };
  const { topologies, diagnostics } = loadTopology({
    source,
    types,
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  printProblems(output, diagnostics);
  if (diagnostics.some(({ severity }) => severity === "error")) return false;
  for (const { state: { name, nodes } } of topologies) {
    output.note(`${name}: valid on ${runtime}, ${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`);
  }
  return true;
}
