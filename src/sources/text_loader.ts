/**
 * Loading texts in this thread or in another one.
 *
 * @module
 */

import type { GraphState } from "../graph/data/state.ts";
import type { Listener } from "../topology/check/addresses.ts";
import type { Diagnostic } from "../topology/parse/diagnostic.ts";
import { joinTexts, type LoadedTopologies, loadText, type LoadTextsOptions } from "./load.ts";
import type { SourceText } from "./source.ts";

/** A diagnostic without the text in which it was found; with another text if it belongs to that. */
export type TextDiagnostic = Omit<Diagnostic, "file"> & Partial<Pick<Diagnostic, "file">>;

/** Diagnostics of a text of this name, without the text. */
export function withoutText(diagnostics: readonly Diagnostic[], name: string): readonly TextDiagnostic[] {
  return diagnostics.map(({ file, ...diagnostic }) => file.name === name ? diagnostic : { ...diagnostic, file });
}

/** A topology of a text that was loaded earlier. */
export interface KnownTopology {
  readonly state: GraphState;
  /** The digest of the state, to compare it without the state. */
  readonly digest: string;
  /** The places of its nodes: see `place_table.ts`. */
  readonly places: Int32Array;
  /** The addresses that it binds, to compare them with other texts. */
  readonly listeners: readonly Listener[];
}

/** A text that was loaded earlier: the same text with the same variables has the same content. */
export interface KnownText {
  readonly revision: string;
  readonly variables: ReadonlyMap<string, string | null>;
  readonly topologies: readonly KnownTopology[];
  readonly diagnostics: readonly TextDiagnostic[];
}

/** The last loaded content of each text of a source, by location. */
export class LoadMemory {
  texts: ReadonlyMap<string, KnownText> = new Map();
}

/** The options of loading texts. */
export interface TextLoading extends LoadTextsOptions {
  /** The content of the previous load of the same source; without it every text is loaded. */
  readonly memory?: LoadMemory;
  /** Cancels it. */
  readonly signal?: AbortSignal;
}

/** Loads texts. */
export interface TextLoader {
  /** @throws NetgraphError ECANCELED if it is canceled, or the loader is closed */
  load(texts: readonly SourceText[], loading: TextLoading): Promise<LoadedTopologies>;
  /** Cancels a load in progress. */
  close(): Promise<void>;
}

/** Loads in this thread, one text after the other. */
export const loaderHere: TextLoader = {
  load: (texts, loading) => {
    return Promise.resolve(joinTexts(texts.map((text) => ({ text, loaded: loadText(text, loading) })), loading));
  },
  close: () => Promise.resolve(),
};
