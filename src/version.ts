/**
 * The version, the same as in deno.json and package.json, which a test checks; and the build of a single binary.
 *
 * @module
 */

/** The build of a single binary. */
export interface Build {
  /** The commit in full, with `-dirty` where files differed from it. */
  readonly commit: string;
  /** The commit's date, ISO 8601: the same source gives the same binary. */
  readonly date: string;
}

/** Put in by scripts/compile.ts; absent in a checkout. */
declare const SOCKGRAPH_BUILD: unknown;

/** The version of sockgraph. */
export const VERSION = "0.1.0";

/** The build of this binary; null in a checkout. */
export const BUILD: Build | null = parseBuild(typeof SOCKGRAPH_BUILD === "undefined" ? null : SOCKGRAPH_BUILD);

/** The kind of installation of the program with the module at `url`: the npm package has one file, in its dist/npm. */
export function installation(url: string = import.meta.url): "npm" | "checkout" {
  return url.endsWith("/dist/npm/main.js") ? "npm" : "checkout";
}

function parseBuild(value: unknown): Build | null {
  if (typeof value !== "object" || value === null || !("commit" in value) || !("date" in value)) return null;
  return { commit: String(value.commit), date: String(value.date) };
}
