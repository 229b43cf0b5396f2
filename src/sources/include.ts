/**
 * The files that texts include: each kind of source has its own way to read them, and its own borders.
 *
 * A file that cannot be used is not an error here: the loader reports it at the place where it is named.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { includeWords } from "../topology/parse/document.ts";
import type { Included, IncludedFile, IncludeEdge } from "../topology/parse/include.ts";
import { MAX_FILE_BYTES, MAX_FILE_TEXT, MAX_SOURCE_BYTES } from "../topology/parse/text_limits.ts";
import { decodeSource } from "../topology/load/load.ts";
import { printable } from "../printable.ts";
import { SourceError } from "./source_error.ts";
import { digestOf } from "./digest.ts";
import type { SourceText } from "./source.ts";

/** The way in which the files of one kind of source are read. */
export interface IncludeReader {
  /** The file that a word means in the file with this key, or why it may not be included. */
  resolve(from: string, word: string): { readonly key: string } | { readonly problem: string };
  /** @throws SourceError or NetgraphError for one that cannot be read */
  read(key: string, name: string): Promise<Uint8Array>;
  /** The folder for relative paths of a file; null: they are rejected. */
  directoryOf(key: string): string | null;
}

/** The limit of files that one text includes. */
const MAX_INCLUDED = 100;

/** Texts with what they include, without those that others of them include: these are no topologies. */
export async function withIncludes(
  texts: readonly SourceText[],
  reader: IncludeReader,
): Promise<readonly SourceText[]> {
  const complete: SourceText[] = [];
  for (const text of texts) complete.push(await withIncluded(text, reader));
  const included = new Set(complete.flatMap((text) => text.included?.files.map(({ key }) => key) ?? []));
  return texts.length === 1 ? complete : complete.filter(({ location }) => !included.has(location));
}

/** A text with what it includes. */
export async function withIncluded(text: SourceText, reader: IncludeReader): Promise<SourceText> {
  const words = wordsOf(text);
  if (words.length === 0) return text;
  const collected = new Collection(text, reader);
  await collected.add({ from: null, base: text.location, name: text.name }, words);
  const { included } = collected;
  const revision = text.revision.startsWith("sha256:") ? await revisionOf(text, included) : text.revision;
  return { ...text, included, revision };
}

function wordsOf({ name, octets }: Pick<SourceText, "name" | "octets">): readonly string[] {
  const decoded = decodeSource(name, octets);
  return decoded.ok ? includeWords(decoded.source) : [];
}

/** A file that names others. */
interface NamingFile {
  /** Its key; null for the text itself. */
  readonly from: string | null;
  /** The same, or the location of the text. */
  readonly base: string;
  readonly name: string;
}

/** The name of a file in output, as the user would write it: beside that of the one that names it. */
function nameBeside(name: string, word: string): string {
  const folder = name.slice(0, name.lastIndexOf("/") + 1);
  if (word.startsWith("/")) return printable(word);
  let path = folder + word.replace(/^(\.\/)+/, "");
  for (let before = ""; before !== path;) {
    before = path;
    path = path.replace(/(^|\/)(?!\.\.?\/)[^/:]+\/\.\.\//, "$1");
  }
  return printable(path);
}

/** Collects the files of one text. */
class Collection {
  /** The files that are being read, each included by the one before. */
  readonly #open: { readonly key: string; readonly name: string }[];
  readonly #reader: IncludeReader;
  readonly #files = new Map<string, IncludedFile | string>();
  readonly #edges: IncludeEdge[] = [];
  #bytes = 0;

  constructor({ location, name }: SourceText, reader: IncludeReader) {
    this.#open = [{ key: location, name }];
    this.#reader = reader;
  }

  get included(): Included {
    return {
      files: [...this.#files.values()].filter((file) => typeof file !== "string"),
      edges: this.#edges,
      unusable: [...this.#files].flatMap(([key, file]) => typeof file === "string" ? [key] : []),
    };
  }

  /** Adds the files that one file names. */
  async add({ from, base, name: own }: NamingFile, words: readonly string[]): Promise<void> {
    for (const word of new Set(words)) {
      const found = this.#reader.resolve(base, word);
      if ("problem" in found) {
        this.#edges.push({ from, word, key: null, problem: found.problem });
        continue;
      }
      const { key } = found;
      const name = nameBeside(own, word);
      const problem = this.#cycle(key, name) ?? await this.#file(key, name);
      this.#edges.push({ from, word, key: problem === null ? key : null, problem });
    }
  }

  /** Why a file cannot be included by those that are open; null if it can. */
  #cycle(key: string, name: string): string | null {
    const at = this.#open.findIndex((one) => one.key === key);
    if (at === -1) return null;
    const names = [...this.#open.slice(at).map((one) => one.name), name];
    return `Files include each other in a cycle: ${names.join(" → ")}`;
  }

  /** Reads a file; null, or why it cannot be used. */
  async #file(key: string, name: string): Promise<string | null> {
    const known = this.#files.get(key);
    if (known !== undefined) return typeof known === "string" ? known : null;
    if (this.#files.size >= MAX_INCLUDED) return `Cannot include more than ${MAX_INCLUDED} files`;
    const text = await this.#text(key, name);
    if (typeof text === "string") {
      this.#files.set(key, text);
      return text;
    }
    this.#files.set(key, { key, name, text: text.text, directory: this.#reader.directoryOf(key) });
    this.#open.push({ key, name });
    await this.add({ from: key, base: key, name }, includeWords(text));
    this.#open.pop();
    return null;
  }

  async #text(key: string, name: string): Promise<{ readonly name: string; readonly text: string } | string> {
    try {
      const octets = await this.#reader.read(key, name);
      this.#bytes += octets.length;
      if (octets.length > MAX_FILE_BYTES) return `Cannot include "${name}": it is larger than ${MAX_FILE_TEXT}`;
      if (this.#bytes > MAX_SOURCE_BYTES) return `Cannot include "${name}": all included files together are too large`;
      const decoded = decodeSource(name, octets);
      if (decoded.ok) return decoded.source;
      return `Cannot include "${name}": ${decoded.diagnostics[0]?.message ?? "it is not text"}`;
    } catch (error) {
      if (!(error instanceof SourceError) && !(error instanceof NetgraphError)) throw error;
      if (error instanceof NetgraphError && error.code === "ENOTCAPABLE") throw error;
      return error.message.replace(/^Cannot read /, "Cannot include ");
    }
  }
}

async function revisionOf({ octets }: SourceText, { files, edges }: Included): Promise<string> {
  const encoder = new TextEncoder();
  const rest = JSON.stringify([files.map(({ key, text }) => [key, text]), edges]);
  const parts = [octets, encoder.encode(rest)];
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  all.set(octets);
  all.set(parts[1] ?? new Uint8Array(), octets.length);
  return await digestOf(all);
}

/** A path inside a source, of the folder of another one; null if it leads out of it. */
export function pathInside(from: string, word: string): string | null {
  if (word.startsWith("/") || /^[a-z][a-z0-9+.-]*:/i.test(word) || /[\\\0\n?#]/.test(word)) return null;
  const segments = from.split("/").slice(0, -1);
  for (const segment of word.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) return null;
  }
  return segments.length === 0 ? null : segments.join("/");
}
