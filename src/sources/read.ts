/**
 * Reads sources as texts: files, folders, standard input. The loader interprets the texts.
 *
 * @module
 */

import { errorText, NetgraphError } from "../errors.ts";
import type { Files } from "../runtimes/runtime.ts";
import { MAX_FILE_BYTES, MAX_FILE_TEXT, MAX_SOURCE_BYTES } from "../topology/parse/text_limits.ts";
import { printable } from "../printable.ts";
import { digestOf } from "./digest.ts";
import { type PlainSource, type SourceText, STDIN } from "./source.ts";
import { type IncludeReader, withIncludes } from "./include.ts";
import { directoryOf, resolvePath } from "./path.ts";
import { SourceError } from "./source_error.ts";

/** The part of the machine that is needed. */
export type SourceFiles = Pick<Files, "read" | "list" | "stat" | "readStdin">;

/** The way in which a source is read. */
export interface ReadingHow {
  readonly files: SourceFiles;
  /** True to accept an empty folder. */
  readonly allowEmpty?: boolean;
  /** True if it will be read again, which is impossible for a pipe. */
  readonly lasting?: boolean;
}

/** The limit of a read of a followed file, of one in a folder, and of the web: one byte more than allowed. */
const MAX_READ = MAX_FILE_BYTES + 1;
/** A saved plan, which is read once, is larger than its topologies. */
const MAX_PLAN_BYTES = 64 * 1024 * 1024;
/** How long to wait for a named pipe without a writer: as long as a program takes to start. */
const WRITER_WITHIN_MS = 3_000;
/** Errors of reading for which the system has no good message. */
const READ_FAILURES: Readonly<Record<string, string>> = {
  E2BIG: `it is larger than ${MAX_FILE_TEXT}: split it`,
  ETIMEDOUT: "it is a pipe that no process writes to",
};
/** The limit of files of a folder. */
export const MAX_SOURCE_FILES = 10_000;
/** The number of files of a folder that are read in parallel. */
const AT_ONCE = 32;
/** Editors keep locks and drafts as `.#web.yaml`, `#web.yaml#` and `web.yaml~`, and macOS its own as `._web.yaml`. */
const TOPOLOGY_NAME = /(^|\/)[^./][^/]*\.ya?ml$/i;

/** True for the name of a file that may contain topologies of a folder: not one that begins with a dot. */
export function isTopologyName(name: string): boolean {
  return TOPOLOGY_NAME.test(name);
}

/**
 * Rejects a source of too many files.
 *
 * @throws SourceError
 */
function requireFewFiles(count: number, what: string): void {
  if (count <= MAX_SOURCE_FILES) return;
  throw tooMuch(`${what} has more than ${MAX_SOURCE_FILES.toLocaleString("en")} files of topologies`);
}

/**
 * Rejects a source whose files are too many or too large together.
 *
 * @throws SourceError
 */
export function requireSourceSize(sizes: readonly number[], what: string): void {
  requireFewFiles(sizes.length, what);
  if (sizes.reduce((sum, bytes) => sum + bytes, 0) <= MAX_SOURCE_BYTES) return;
  throw tooMuch(`${what} has more than ${MAX_SOURCE_BYTES / (1024 * 1024)} MiB of topologies`);
}

function tooMuch(message: string): SourceError {
  return new SourceError("invalid", `${message}: split it`, { cause: new NetgraphError("E2BIG", message) });
}

/**
 * Reads a source; a folder's files in the order of their names. A folder without any is invalid unless `allowEmpty`.
 *
 * @throws SourceError for one that is not there, or holds nothing; NetgraphError ENOTCAPABLE
 */
export async function readSource(
  source: PlainSource,
  { files, allowEmpty = false, lasting = false }: ReadingHow,
): Promise<readonly SourceText[]> {
  return await withIncludes(await readTexts(source, { files, allowEmpty, lasting }), fileIncludes(files));
}

/** Included files of files: they may be anywhere. */
function fileIncludes(files: SourceFiles): IncludeReader {
  return {
    resolve: (from, word) => {
      if (from === STDIN) return { problem: `Cannot include "${word}": standard input has no folder` };
      if (word === "" || word.includes("\0")) return { problem: `"${printable(word)}" is not a path` };
      const key = resolvePath(directoryOf(from), word);
      return { key };
    },
    read: (key, name) => {
      return ifThere(name, async () => {
        const fact = await files.stat(key);
        if (fact === null) throw new SourceError("invalid", `Cannot read "${name}": there is no such file`);
        if (fact.kind !== "file") throw new SourceError("invalid", `Cannot read "${name}": it is not a file`);
        return await files.read(key, { maxBytes: MAX_READ });
      });
    },
    directoryOf: (key) => directoryOf(key),
  };
}

async function readTexts(
  source: PlainSource,
  { files, allowEmpty = false, lasting = false }: ReadingHow,
): Promise<readonly SourceText[]> {
  if (source.kind === "stdin") return [await readStdin(files)];
  const { name, path } = source;
  const fact = await ifThere(name, () => files.stat(path));
  // Status may be read in another folder than the one where "." was named.
  if (fact === null) {
    throw new SourceError("usage", `Cannot find file or folder "${/^[./]*$/.test(name) ? path : name}"`);
  }
  if (fact.kind !== "directory") {
    // A pipe is read once: the shell's <(command) is one.
    if (fact.kind === "socket" || (lasting && fact.kind !== "file")) throw noFile(name);
    const isPlan = !lasting && !isTopologyName(path);
    const waits = fact.kind === "file" ? {} : { writerWithinMs: WRITER_WITHIN_MS };
    return [await readFile(name, path, { files, maxBytes: isPlan ? MAX_PLAN_BYTES : MAX_READ, ...waits })];
  }
  return await readFolder({ name, path }, { files, allowEmpty });
}

async function readFolder(
  { name, path }: { readonly name: string; readonly path: string },
  { files, allowEmpty }: { readonly files: SourceFiles; readonly allowEmpty: boolean },
): Promise<readonly SourceText[]> {
  const names = (await ifThere(name, () => files.list(path))).filter(isTopologyName);
  const prefix = name.replace(/\/+$/, "");
  // Before each of them is read, which takes long.
  requireFewFiles(names.length, `Folder "${name}"`);
  const found = await inGroups(names, async (one): Promise<readonly FolderFile[]> => {
    const shown = `${prefix}/${printable(one)}`;
    const fact = await ifThere(shown, () => files.stat(`${path}/${one}`));
    if (fact === null) throw leadsNowhere(shown);
    if (fact.kind === "directory") return [];
    // Opening a pipe waits for a writer.
    if (fact.kind === "special file" || fact.kind === "socket") throw noFile(shown);
    return [{ name: `${prefix}/${one}`, path: `${path}/${one}`, bytes: fact.bytes }];
  });
  const there = found.flat();
  if (there.length === 0 && !allowEmpty) throw noTopology(name);
  // A single file that is too large is reported when it is read.
  requireSourceSize(there.map(({ bytes }) => bytes > MAX_FILE_BYTES ? 0 : bytes), `Folder "${name}"`);
  return await inGroups(there, ({ name, path }) => readFile(name, path, { files, maxBytes: MAX_READ }));
}

interface FolderFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

function noTopology(name: string): SourceError {
  return new SourceError("invalid", `Folder "${name}" has no topology: no file in it ends in .yaml or .yml`);
}

/** Calls a function for each of many, some in parallel. */
async function inGroups<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE) {
    results.push(...await Promise.all(items.slice(first, first + AT_ONCE).map(act)));
  }
  return results;
}

/** A name without a file behind it. */
export function leadsNowhere(name: string): SourceError {
  return new SourceError(
    "invalid",
    `Cannot read "${name}": it is a symbolic link to a missing file, or was removed at this moment`,
  );
}

function noFile(name: string): SourceError {
  return new SourceError("invalid", `Cannot read "${name}": it is a pipe, a socket or a device, not a file`);
}

interface FileReading {
  readonly files: SourceFiles;
  readonly maxBytes: number;
  /** For other than plain files: how long to wait for a writer of a pipe. */
  readonly writerWithinMs?: number;
}

function readFile(name: string, path: string, { files, ...how }: FileReading): Promise<SourceText> {
  const shown = { name: printable(name), location: printable(path) };
  return ifThere(shown.name, async () => {
    return await textOf(await files.read(path, how), { ...shown, kind: "file" });
  });
}

/**
 * Finds a source. An unreadable text counts as invalid; a missing permission of the runtime is a different error.
 *
 * @throws SourceError
 */
export async function ifThere<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof NetgraphError) || error.code === "ENOTCAPABLE") throw error;
    const why = READ_FAILURES[error.code] ?? errorText(error.code);
    throw new SourceError("invalid", `Cannot read "${name}": ${why}`, { cause: error });
  }
}

async function readStdin(files: SourceFiles): Promise<SourceText> {
  const octets = await files.readStdin({ maxBytes: MAX_PLAN_BYTES });
  return await textOf(octets, { name: "<stdin>", kind: "stdin", location: STDIN });
}

async function textOf(octets: Uint8Array, from: Pick<SourceText, "name" | "kind" | "location">): Promise<SourceText> {
  return { ...from, octets, revision: await digestOf(octets) };
}
