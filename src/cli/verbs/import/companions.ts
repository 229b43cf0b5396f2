/**
 * The other files that a configuration names: what nginx includes, and the service of a socket unit.
 *
 * @module
 */

import type { Files } from "../../../runtimes/runtime.ts";
import { resolvePath } from "../../../sources/path.ts";
import { decodeSource } from "../../../topology/load/load.ts";
import type { SourceFile } from "../../../topology/parse/source.ts";
import type { ImportFormat } from "./format.ts";
import type { Companion } from "./joined_source.ts";
import { includesOf } from "./nginx/parse.ts";
import { serviceOf } from "./systemd/unit.ts";

/** The limit of files that one import reads. */
const MAX_FILES = 500;

interface CompanionOptions {
  readonly files: Pick<Files, "read" | "list">;
  /** The folder of the main file. */
  readonly folder: string;
  readonly maxBytes: number;
}

/** Reads the files that a file names, and those that these name. A file that cannot be read is left out. */
export async function readCompanions(
  main: SourceFile,
  format: ImportFormat,
  { files, folder, maxBytes }: CompanionOptions,
): Promise<readonly Companion[]> {
  const asked = namesIn(format);
  const found: Companion[] = [];
  const known = new Map<string, SourceFile>();
  const done = new Set<string>();
  const queue = [main];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const name of asked(file)) {
      if (done.has(name)) continue;
      done.add(name);
      for (const path of await matching(resolvePath(folder, name), files)) {
        const before = known.get(path);
        if (before !== undefined) found.push({ asked: name, file: before });
        if (before !== undefined || known.size >= MAX_FILES) continue;
        const text = await readText(path, files, maxBytes);
        if (text === null) continue;
        known.set(path, text);
        found.push({ asked: name, file: text });
        queue.push(text);
      }
    }
  }
  return found;
}

function namesIn(format: ImportFormat): (file: SourceFile) => readonly string[] {
  if (format === "nginx") return ({ text }) => includesOf(text);
  return format === "systemd" ? serviceOf : () => [];
}

async function readText(path: string, files: CompanionOptions["files"], maxBytes: number): Promise<SourceFile | null> {
  try {
    const decoded = decodeSource(path, await files.read(path, { maxBytes }));
    return decoded.ok ? decoded.source : null;
  } catch {
    // The importer notes the name that has no file.
    return null;
  }
}

/** The files of a pattern whose last part has `*` or `?`. */
async function matching(path: string, files: CompanionOptions["files"]): Promise<readonly string[]> {
  const slash = path.lastIndexOf("/");
  const last = path.slice(slash + 1);
  if (!/[*?]/.test(last)) return [path];
  const pattern = new RegExp(
    `^${last.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*").replaceAll("?", "[^/]")}$`,
  );
  try {
    const names = await files.list(path.slice(0, slash));
    return names.filter((name) => pattern.test(name)).toSorted().map((name) => `${path.slice(0, slash)}/${name}`);
  } catch {
    // A folder that does not exist has no files.
    return [];
  }
}
