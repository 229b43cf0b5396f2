/**
 * Sources become texts: files, folders, standard input. What the texts mean is the loader's business.
 *
 * @module
 */

import { errorText, NetgraphError } from "../errors.ts";
import type { Files } from "../runtimes/runtime.ts";
import { MAX_FILE_OCTETS } from "../topology/load.ts";
import { printable } from "./path.ts";
import { type PlainSource, type SourceText, STDIN } from "./source.ts";
import { SourceError } from "./source_error.ts";

/** What of the machine is needed. */
export type SourceFiles = Pick<Files, "read" | "list" | "stat" | "readStdin">;

/** How a source is read. */
export interface ReadingHow {
  readonly files: SourceFiles;
  /** True to take a folder that holds nothing for what it is. */
  readonly allowEmpty?: boolean;
  /** True for what will be read again, which a pipe cannot be. */
  readonly lasting?: boolean;
}

/** One more than a file may have: the loader is to say that it is too large. */
const MAX_READ = { maxBytes: MAX_FILE_OCTETS + 1 };
const TOPOLOGY_NAME = /\.ya?ml$/;

/** True for the name of a file that a folder's topologies may be in. */
export function isTopologyName(name: string): boolean {
  return TOPOLOGY_NAME.test(name);
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
  if (source.kind === "stdin") return [await readStdin(files)];
  const { name, path } = source;
  const fact = await looked(name, () => files.stat(path));
  if (fact === null) throw new SourceError("usage", `No file or folder "${name}"`);
  if (fact.kind !== "directory") {
    if (lasting && fact.kind !== "file") throw noFile(name);
    return [await readFile(name, path, files)];
  }
  const names = (await looked(name, () => files.list(path))).filter(isTopologyName);
  if (names.length === 0 && !allowEmpty) {
    throw new SourceError("invalid", `Folder "${name}" has no topology: no file in it ends in .yaml or .yml`);
  }
  const prefix = name.replace(/\/+$/, "");
  return await Promise.all(names.map(async (one) => {
    const kind = (await looked(name, () => files.stat(`${path}/${one}`)))?.kind;
    // Opening a pipe waits for somebody who writes into it.
    if (kind === "special file" || kind === "socket") throw noFile(`${prefix}/${printable(one)}`);
    return await readFile(`${prefix}/${one}`, `${path}/${one}`, files);
  }));
}

function noFile(name: string): SourceError {
  return new SourceError("invalid", `Cannot read "${name}": it is a pipe, a socket or a device, and no file`);
}

function readFile(name: string, path: string, files: SourceFiles): Promise<SourceText> {
  const shown = { name: printable(name), location: printable(path) };
  return looked(shown.name, async () => {
    return await textOf(await files.read(path, MAX_READ), { ...shown, kind: "file" });
  });
}

/**
 * Looks for a source. A text that cannot be had is as good as an invalid one; a permission that the runtime lacks is
 * another matter.
 *
 * @throws SourceError
 */
export async function looked<T>(name: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof NetgraphError) || error.code === "ENOTCAPABLE") throw error;
    const why = error.code === "E2BIG" ? "it is larger than 32 MiB: split it" : errorText(error.code);
    throw new SourceError("invalid", `Cannot read "${name}": ${why}`, { cause: error });
  }
}

async function readStdin(files: SourceFiles): Promise<SourceText> {
  const octets = await files.readStdin(MAX_READ);
  return await textOf(octets, { name: "<stdin>", kind: "stdin", location: STDIN });
}

async function textOf(octets: Uint8Array, from: Pick<SourceText, "name" | "kind" | "location">): Promise<SourceText> {
  return { ...from, octets, revision: await digestOf(octets) };
}

/** `sha256:` and the digest in hexadecimal. */
export async function digestOf(octets: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(octets)));
  return `sha256:${Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
}
