/**
 * The values of parameters that a command gives: files of `--values`, the later ones first, and `--set` before all of
 * them.
 *
 * @module
 */

import { decodeSource } from "../topology/load/load.ts";
import { countErrors, type Diagnostic } from "../topology/parse/diagnostic.ts";
import { type GivenValue, type GivenValues, optionFile } from "../topology/parse/parameters.ts";
import { readValuesFile } from "../topology/parse/values_file.ts";
import { readSource } from "../sources/read.ts";
import type { LoadedTopologies } from "../sources/load.ts";
import { resolvePath } from "../sources/path.ts";
import type { ParameterOptions } from "./args/parts.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { baseDirectory } from "./paths.ts";
import { failureOf, type SourceHost } from "./sources.ts";

/** The values of a command, and the problems of its files. */
export interface CommandValues {
  readonly given: GivenValues;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads them.
 *
 * @throws CommandFailure for a file that cannot be read
 */
export async function readGivenValues(
  { set, values: files }: ParameterOptions,
  host: Pick<SourceHost, "files" | "process">,
): Promise<CommandValues> {
  const given = new Map<string, GivenValue>();
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const found = await readFile(file, host);
    diagnostics.push(...found.diagnostics);
    for (const [name, value] of found.values) given.set(name, value);
  }
  for (const { name, text } of set) given.set(name, { text, file: optionFile(name, text), span: null });
  return { given, diagnostics };
}

async function readFile(name: string, { files, process }: Pick<SourceHost, "files" | "process">) {
  const path = resolvePath(baseDirectory(process), name);
  try {
    if ((await files.stat(path))?.kind === "directory") {
      throw new CommandFailure(EXIT.usage, `"${name}" is a folder, and --values reads a file`);
    }
    const [text] = await readSource({ kind: "path", name, path }, { files, lasting: true });
    const decoded = decodeSource(name, text?.octets ?? new Uint8Array());
    return decoded.ok ? readValuesFile(decoded.source) : { values: new Map(), diagnostics: decoded.diagnostics };
  } catch (error) {
    throw failureOf(error);
  }
}

/** The loaded topologies, with problems that were found before. */
export function withProblems<T extends Pick<LoadedTopologies, "diagnostics" | "valid">>(
  loaded: T,
  problems: readonly Diagnostic[],
): T {
  if (problems.length === 0) return loaded;
  return {
    ...loaded,
    diagnostics: [...problems, ...loaded.diagnostics],
    valid: loaded.valid && countErrors(problems) === 0,
  };
}
