/**
 * A cheap look at sources: stamps of files instead of what is in them. As long as it stays the same, nobody reads.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { Files } from "../runtimes/runtime.ts";
import { isTopologyName } from "./read.ts";
import type { PlainSource } from "./source.ts";

/** What of the machine is needed. */
export type GlanceFiles = Pick<Files, "list" | "stat" | "stamp">;

/** A text that differs whenever the sources may differ. Links are followed, as a ConfigMap is changed behind one. */
export async function glanceAt(sources: readonly PlainSource[], files: GlanceFiles): Promise<string> {
  return (await Promise.all(sources.map((source) => glance(source, files)))).join("\n");
}

async function glance(source: PlainSource, files: GlanceFiles): Promise<string> {
  if (source.kind === "stdin") return "";
  const { path } = source;
  try {
    const fact = await files.stat(path);
    if (fact?.kind !== "directory") return `${await files.stamp(path)}`;
    const names = (await files.list(path)).filter(isTopologyName);
    const stamps = await Promise.all(names.map(async (name) => `${name} ${await files.stamp(`${path}/${name}`)}`));
    return stamps.join("\n");
  } catch (error) {
    if (error instanceof NetgraphError) return error.code; // Reading says why.
    throw error;
  }
}
