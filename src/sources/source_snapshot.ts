/**
 * A look at sources: their texts, or why they cannot be had. Two looks agree when their marks are equal.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { originsOf } from "./origin.ts";
import { readSource, type SourceFiles } from "./read.ts";
import type { PlainSource, SourceText } from "./source.ts";
import { SourceError } from "./source_error.ts";
import type { UrlReader } from "./url.ts";

/** What a look found. */
export type SourceSnapshot =
  | {
    readonly kind: "texts";
    readonly mark: string;
    readonly texts: readonly SourceText[];
    /** What they cover. */
    readonly origins: readonly string[];
    /** Which state of the source it is, where that has a name: `commit 1234567`. */
    readonly at?: string;
  }
  | { readonly kind: "unreadable"; readonly mark: string; readonly error: SourceError | NetgraphError };

/** How sources are read. */
export interface SnapshotMachine {
  readonly files: SourceFiles;
  /** Sources on the web, besides. */
  readonly web?: readonly Pick<UrlReader, "read" | "source">[];
  /** True to take a folder that holds nothing for what it is. */
  readonly allowEmpty?: boolean;
}

/** Reads all sources at once. What goes wrong is part of what was found. */
export async function readAll(
  sources: readonly PlainSource[],
  { files, web = [], allowEmpty = false }: SnapshotMachine,
): Promise<SourceSnapshot> {
  try {
    const here = Promise.all(sources.map((source) => readSource(source, { files, allowEmpty, lasting: true })));
    const there = Promise.all(web.map((reader) => reader.read()));
    const texts = (await Promise.all([here, there])).flat(2);
    const origins = await originsOf([...sources, ...web.map(({ source }) => source)], files);
    const mark = texts.map(({ location, revision }) => `${location} ${revision}`).join("\n");
    return { kind: "texts", mark, texts, origins };
  } catch (error) {
    if (!(error instanceof SourceError) && !(error instanceof NetgraphError)) throw error;
    return { kind: "unreadable", mark: `! ${error.message}`, error };
  }
}
