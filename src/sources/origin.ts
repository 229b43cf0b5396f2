/**
 * The locations that a source covers: a file covers itself, a folder all topologies directly in it. This shows which of
 * the running topologies came from the same source.
 *
 * @module
 */

import type { Files } from "../runtimes/runtime.ts";
import { addressWithoutSecrets } from "./secret_text.ts";
import { directoryOf } from "./path.ts";
import type { PlainSource, UrlSource } from "./source.ts";

/** The locations that sources cover; one that ends in `/` covers the files directly in it. */
export async function originsOf(
  sources: readonly (PlainSource | UrlSource)[],
  files: Pick<Files, "stat">,
): Promise<readonly string[]> {
  return await Promise.all(sources.map(async (source) => {
    if (source.kind === "stdin") return "-";
    if (source.kind === "url") return addressWithoutSecrets(source.url);
    const fact = await files.stat(source.path);
    return fact?.kind === "directory" ? asFolder(source.path) : source.path;
  }));
}

/** The locations that sources may have covered, whose kind is unknown. */
export function possibleOrigins(sources: readonly (PlainSource | UrlSource)[]): readonly string[] {
  return sources.flatMap((source) => {
    if (source.kind === "url") return [addressWithoutSecrets(source.url)];
    return source.kind === "path" ? [source.path, asFolder(source.path)] : [];
  });
}

/** True when a location is covered. */
export function covers(origins: readonly string[], location: string): boolean {
  return originOf(origins, location) !== null;
}

/** The source that covers a location; null if none does. */
export function originOf(origins: readonly string[], location: string): string | null {
  return origins.find((origin) => origin === location || origin === asFolder(directoryOf(location))) ?? null;
}

function asFolder(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
