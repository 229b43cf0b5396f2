/**
 * The sources that a person named, read on the person's own machine; and advice where one is not there.
 *
 * @module
 */

import { listNames, nearest } from "../ascii/near.ts";
import { NetgraphError } from "../errors.ts";
import type { Downloads } from "../runtimes/downloads.ts";
import type { HostProcess } from "../runtimes/runtime.ts";
import { resolvePath } from "../sources/path.ts";
import { ifThere, isTopologyName, leadsNowhere, readSource, type SourceFiles } from "../sources/read.ts";
import { parseSource, type PlainSource, type SourceText, type UrlSource } from "../sources/source.ts";
import { readUrl } from "../sources/url.ts";
import { SourceError, type SourceFault } from "../sources/source_error.ts";
import { CommandFailure } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { baseDirectory } from "./paths.ts";

/** The parts of the machine that are used. */
export interface SourceHost {
  readonly files: SourceFiles;
  readonly process: Pick<HostProcess, "cwd" | "env">;
  readonly downloads: Downloads;
}

const EXIT_OF: Readonly<Record<SourceFault, ExitCode>> = {
  usage: EXIT.usage,
  invalid: EXIT.invalid,
  unreachable: EXIT.unreachable,
};

/** The default place of files. */
const USUAL_FOLDERS = ["", "topologies"];

/**
 * Finds what a person named, and checks whether it exists.
 *
 * @throws CommandFailure for one that is not there, with near names; with none at all, the files that are there
 */
export async function namedSources(
  words: readonly string[],
  host: SourceHost,
  { missing = "refuse" }: { readonly missing?: "refuse" | "pass" } = {},
): Promise<readonly (PlainSource | UrlSource)[]> {
  const base = baseDirectory(host.process);
  if (words.length === 0) throw await nothingNamed(host.files, base);
  const sources: (PlainSource | UrlSource)[] = [];
  for (const word of words) {
    const source = parsed(word, base);
    if (missing === "refuse" && source.kind === "path" && !await isThere(source, host.files)) {
      throw await notThere(word, { files: host.files, base });
    }
    sources.push(source);
  }
  return sources;
}

/**
 * Reads every source, in order.
 *
 * @throws CommandFailure
 */
export async function readSources(
  words: readonly string[],
  host: SourceHost,
  { allowEmpty = false }: { readonly allowEmpty?: boolean } = {},
): Promise<readonly SourceText[]> {
  const texts: SourceText[] = [];
  for (const source of await namedSources(words, host)) {
    try {
      if (source.kind === "url") texts.push(await readUrl(source, host.downloads));
      else texts.push(...await readSource(source, { files: host.files, allowEmpty }));
    } catch (error) {
      throw failureOf(error);
    }
  }
  return texts;
}

/** A source that cannot be had, as the program ends with it; other errors as they are. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof SourceError)) return error;
  return new CommandFailure(EXIT_OF[error.fault], error.message, { cause: error });
}

function parsed(word: string, base: string): PlainSource | UrlSource {
  try {
    return parseSource(word, base);
  } catch (error) {
    throw failureOf(error);
  }
}

async function isThere(
  { name, path }: Extract<PlainSource, { readonly kind: "path" }>,
  files: SourceFiles,
): Promise<boolean> {
  try {
    return await ifThere(name, () => files.stat(path)) !== null;
  } catch (error) {
    throw failureOf(error);
  }
}

interface SourcePlace {
  readonly files: SourceFiles;
  readonly base: string;
}

async function nothingNamed(files: SourceFiles, base: string): Promise<CommandFailure> {
  const found = await topologyFiles(files, base);
  const said = found.length === 0
    ? "Missing source: give a topology file, a folder of topology files, or - for standard input"
    : `Missing source: the current folder has ${listNames(found)}`;
  return new CommandFailure(EXIT.usage, said);
}

async function notThere(source: string, { files, base }: SourcePlace): Promise<CommandFailure> {
  const path = resolvePath(base, source);
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  const shown = source.includes("/") ? source.slice(0, source.lastIndexOf("/") + 1) : "";
  const names = await listed(files, folder);
  if (names.includes(path.slice(path.lastIndexOf("/") + 1))) {
    const { message, fault } = leadsNowhere(source);
    return new CommandFailure(EXIT_OF[fault], message);
  }
  const beside = names.filter(isTopologyName).map((name) => shown + name);
  const usual = await topologyFiles(files, base);
  const stem = (name: string) => name.slice(name.lastIndexOf("/") + 1).replace(/\.ya?ml$/i, "");
  // "echo" or "echo.yaml" may be "topologies/echo.yaml".
  const near = nearest(source, [...beside, ...usual]) ?? usual.find((name) => stem(name) === stem(source)) ?? null;
  const hint = near !== null
    ? `did you mean "${near}"?`
    : usual.length === 0
    ? null
    : `the current folder has ${listNames(usual)}`;
  return new CommandFailure(EXIT.usage, `Cannot find file or folder "${source}"${hint === null ? "" : `: ${hint}`}`);
}

async function topologyFiles(files: SourceFiles, base: string): Promise<readonly string[]> {
  const found = await Promise.all(USUAL_FOLDERS.map(async (folder) => {
    const names = await listed(files, folder === "" ? base : `${base}/${folder}`);
    return names.filter(isTopologyName).map((name) => folder === "" ? name : `${folder}/${name}`);
  }));
  return found.flat();
}

/** The names in a folder; none if it cannot be read, as these names are only advice. */
async function listed(files: SourceFiles, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    if (error instanceof NetgraphError) return [];
    throw error;
  }
}
