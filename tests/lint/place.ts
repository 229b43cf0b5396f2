/**
 * The place of a linted file: its folder of `src/` it belongs to.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The folder that the layers divide. */
export const SOURCE_ROOT: string = fileURLToPath(new URL("../../src/", import.meta.url));

/** A source file by its place under `src/`. */
export interface Place {
  /** First folder under `src/`, or "" for a file directly in it. */
  readonly folder: string;
  /** Path below `src/`, with `/`. */
  readonly path: string;
}

/** The place of a file under this checkout's `src/`, or null if it is elsewhere. */
export function placeOf(filename: string): Place | null {
  return filename.startsWith(SOURCE_ROOT) ? placeAt(filename.slice(SOURCE_ROOT.length).replaceAll("\\", "/")) : null;
}

/** The place of a path below `src/`. */
export function placeAt(path: string): Place {
  const slash = path.indexOf("/");
  return { folder: slash < 0 ? "" : path.slice(0, slash), path };
}
