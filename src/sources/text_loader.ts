/**
 * Loading texts where it suits: at once in this thread, or elsewhere while others have it.
 *
 * @module
 */

import type { GraphState } from "../graph/data/state.ts";
import type { Listener } from "../topology/check/addresses.ts";
import type { Diagnostic } from "../topology/parse/diagnostic.ts";
import { joinTexts, type LoadedTopologies, loadText, type LoadTextsOptions } from "./load.ts";
import type { SourceText } from "./source.ts";

/** A diagnostic without the text: it belongs to the text that it was found in. */
export type TextDiagnostic = Omit<Diagnostic, "file">;

/** A topology of a text that was loaded earlier. */
export interface KnownTopology {
  readonly state: GraphState;
  /** Of the state, to find out without it whether another one is the same. */
  readonly digest: string;
  /** Where its nodes stand: see `place_table.ts`. */
  readonly places: Int32Array;
  /** What it binds, to compare it with other texts. */
  readonly listeners: readonly Listener[];
}

/** A text that was loaded earlier: the same text with the same variables holds the same. */
export interface KnownText {
  readonly revision: string;
  readonly variables: ReadonlyMap<string, string | null>;
  readonly topologies: readonly KnownTopology[];
  readonly diagnostics: readonly TextDiagnostic[];
}

/** What was loaded last of each text of a source, by location. */
export class LoadMemory {
  texts: ReadonlyMap<string, KnownText> = new Map();
}

/** How texts are loaded. */
export interface TextLoading extends LoadTextsOptions {
  /** What is remembered from one load of the same source to the next; without it every text is loaded. */
  readonly memory?: LoadMemory;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** Loads texts. */
export interface TextLoader {
  /** @throws NetgraphError ECANCELED when it is given up, or the loader is closed */
  load(texts: readonly SourceText[], loading: TextLoading): Promise<LoadedTopologies>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** Loads in this thread, one text after the other. */
export const loaderHere: TextLoader = {
  load: (texts, loading) => {
    return Promise.resolve(joinTexts(texts.map((text) => ({ text, loaded: loadText(text, loading) })), loading));
  },
  close: () => Promise.resolve(),
};
