/**
 * Sources of topologies: files, folders, standard input. Here text is read; what it means is the loader's business.
 *
 * @module
 */

import { nearest } from "../ascii/near.ts";
import { errorText, NetgraphError } from "../errors.ts";
import type { Files, ProcessFace } from "../runtimes/runtime.ts";
import { MAX_FILE_OCTETS } from "../topology/load.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { baseDirectory, resolvePath } from "./place.ts";

/** A source that was read. */
export interface SourceText {
  /** What people call it. */
  readonly name: string;
  readonly octets: Uint8Array;
  readonly kind: "file" | "stdin";
  /** The absolute path; `-` for standard input. */
  readonly location: string;
  /** `sha256:` and the digest of the text. */
  readonly revision: string;
}

/** What of the machine is needed. */
export interface SourceHost {
  readonly files: SourceFiles;
  readonly process: Pick<ProcessFace, "cwd" | "env">;
}

type SourceFiles = Pick<Files, "read" | "list" | "stat" | "readStdin">;

/** One more than a file may have: the loader is to say that it is too large. */
const MAX_READ = { maxBytes: MAX_FILE_OCTETS + 1 };
const TOPOLOGY_NAME = /\.ya?ml$/;
/** Where files are looked for when none is named. */
const USUAL_FOLDERS = ["", "topologies"];
const STDIN = "-";

/**
 * Reads every source, in order.
 *
 * @throws CommandFailure for one that is not there, with near names; with none at all, the files that are there
 */
export async function readSources(sources: readonly string[], host: SourceHost): Promise<readonly SourceText[]> {
  const base = baseDirectory(host.process);
  if (sources.length === 0) throw await nothingNamed(host.files, base);
  const texts: SourceText[] = [];
  for (const source of sources) texts.push(...await readSource(source, { files: host.files, base }));
  return texts;
}

interface Reader {
  readonly files: SourceFiles;
  readonly base: string;
}

async function readSource(source: string, reader: Reader): Promise<readonly SourceText[]> {
  if (source === STDIN) return [await readStdin(reader.files)];
  if (/^(https?|git|ssh|git\+\w+):\/\//.test(source)) {
    throw new CommandFailure(
      EXIT.usage,
      `Source "${source}" is not a file: sources over the network are not supported yet`,
    );
  }
  const path = resolvePath(reader.base, source);
  const fact = await reader.files.stat(path);
  if (fact === null) throw await notThere(source, path, reader);
  if (fact.kind !== "directory") return [await readFile(source, path, reader)];
  const names = (await reader.files.list(path)).filter((name) => TOPOLOGY_NAME.test(name));
  if (names.length === 0) {
    throw new CommandFailure(EXIT.invalid, `Folder "${source}" has no topology: no file in it ends in .yaml or .yml`);
  }
  const prefix = source.replace(/\/+$/, "");
  return await Promise.all(names.map((name) => readFile(`${prefix}/${name}`, `${path}/${name}`, reader)));
}

async function readFile(name: string, path: string, { files }: Reader): Promise<SourceText> {
  try {
    return await textOf(await files.read(path, MAX_READ), { name, kind: "file", location: path });
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** A text that cannot be had is as good as an invalid one; a permission that the runtime lacks is another matter. */
function unreadable(name: string, error: unknown): unknown {
  if (!(error instanceof NetgraphError) || error.code === "ENOTCAPABLE") return error;
  const why = error.code === "E2BIG" ? "it is larger than 32 MiB: split it" : errorText(error.code);
  return new CommandFailure(EXIT.invalid, `Cannot read "${name}": ${why}`, { cause: error });
}

async function readStdin(files: SourceFiles): Promise<SourceText> {
  const bytes = await files.readStdin(MAX_READ);
  return await textOf(bytes, { name: "<stdin>", kind: "stdin", location: STDIN });
}

async function textOf(octets: Uint8Array, from: Pick<SourceText, "name" | "kind" | "location">): Promise<SourceText> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(octets)));
  const revision = `sha256:${Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
  return { ...from, octets, revision };
}

async function nothingNamed(files: SourceFiles, base: string): Promise<CommandFailure> {
  const found = await topologyFiles(files, base);
  const said = found.length === 0
    ? "A source is wanted: a topology file, a folder of them, or - for standard input"
    : `A source is wanted; there are ${found.map((name) => `"${name}"`).join(", ")}`;
  return new CommandFailure(EXIT.usage, said);
}

async function notThere(source: string, path: string, { files, base }: Reader): Promise<CommandFailure> {
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  const shown = source.includes("/") ? source.slice(0, source.lastIndexOf("/") + 1) : "";
  const beside = (await listed(files, folder)).filter((name) => TOPOLOGY_NAME.test(name)).map((name) => shown + name);
  const usual = await topologyFiles(files, base);
  const stem = (name: string) => name.slice(name.lastIndexOf("/") + 1).replace(TOPOLOGY_NAME, "");
  // "echo" or "echo.yaml" may be "topologies/echo.yaml".
  const near = nearest(source, [...beside, ...usual]) ?? usual.find((name) => stem(name) === stem(source)) ?? null;
  const hint = near !== null
    ? `did you mean "${near}"?`
    : usual.length === 0
    ? "nothing is there"
    : `there are ${usual.map((name) => `"${name}"`).join(", ")}`;
  return new CommandFailure(EXIT.usage, `No file or folder "${source}": ${hint}`);
}

async function topologyFiles(files: SourceFiles, base: string): Promise<readonly string[]> {
  const found = await Promise.all(USUAL_FOLDERS.map(async (folder) => {
    const names = await listed(files, folder === "" ? base : `${base}/${folder}`);
    return names.filter((name) => TOPOLOGY_NAME.test(name)).map((name) => folder === "" ? name : `${folder}/${name}`);
  }));
  return found.flat();
}

/** What is in a folder; nothing where it cannot be read, as these names are only advice. */
async function listed(files: SourceFiles, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    if (error instanceof NetgraphError) return [];
    throw error;
  }
}
