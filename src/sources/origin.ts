/**
 * What a source covers: a file itself, a folder all topologies that lie directly in it. So it is known which of those
 * that run came from the same source.
 *
 * @module
 */

import type { Files } from "../runtimes/runtime.ts";
import { withoutSecrets } from "./secret_text.ts";
import { directoryOf } from "./path.ts";
import type { PlainSource, UrlSource } from "./source.ts";

/** The locations that sources cover; one that ends in `/` covers what lies directly in it. */
export async function originsOf(
  sources: readonly (PlainSource | UrlSource)[],
  files: Pick<Files, "stat">,
): Promise<readonly string[]> {
  return await Promise.all(sources.map(async (source) => {
    if (source.kind === "stdin") return "-";
    if (source.kind === "url") return withoutSecrets(source.url);
    const fact = await files.stat(source.path);
    return fact?.kind === "directory" ? asFolder(source.path) : source.path;
  }));
}

/** The locations that sources may have covered, of which it is not known what they are, or were. */
export function possibleOrigins(sources: readonly (PlainSource | UrlSource)[]): readonly string[] {
  return sources.flatMap((source) => {
    if (source.kind === "url") return [withoutSecrets(source.url)];
    return source.kind === "path" ? [source.path, asFolder(source.path)] : [];
  });
}

/** True when a location is covered. */
export function covers(origins: readonly string[], location: string): boolean {
  return originOf(origins, location) !== null;
}

/** Which source covers a location; null where none does. */
export function originOf(origins: readonly string[], location: string): string | null {
  return origins.find((origin) => origin === location || origin === asFolder(directoryOf(location))) ?? null;
}

function asFolder(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
