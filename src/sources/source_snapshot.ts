/**
 * A snapshot of sources: their texts, or the reason why they cannot be read. Two snapshots are equal if their digests
 * are.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { originsOf } from "./origin.ts";
import { readSource, type SourceFiles } from "./read.ts";
import type { PlainSource, SourceText } from "./source.ts";
import { SourceError } from "./source_error.ts";
import type { UrlReader } from "./url.ts";

/** The content of a snapshot. */
export type SourceSnapshot =
  | {
    readonly kind: "texts";
    readonly mark: string;
    readonly texts: readonly SourceText[];
    /** The locations that they cover. */
    readonly origins: readonly string[];
    /** The revision of the source, if it has one: `commit 1234567`. */
    readonly at?: string;
  }
  | { readonly kind: "unreadable"; readonly mark: string; readonly error: SourceError | NetgraphError };

/** The way in which sources are read. */
export interface SnapshotMachine {
  readonly files: SourceFiles;
  /** Also sources on the web. */
  readonly web?: readonly Pick<UrlReader, "read" | "source">[];
  /** True to accept an empty folder. */
  readonly allowEmpty?: boolean;
}

/** Reads all sources at once. Errors are part of the result. */
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
