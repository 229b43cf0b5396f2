/**
 * Loads texts in a separate thread, so that data flows meanwhile and a text that needs too many resources ends only
 * that thread. Small texts are loaded here, because a thread would cost more.
 *
 * The thread ends after a large text, which releases its memory, and otherwise when nothing was loaded for a while.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { RuntimeName } from "../../socket/capability.ts";
import { addSizes, joinTexts, type LoadedText, type LoadedTopologies, loadText } from "../../sources/load.ts";
import type { SourceText } from "../../sources/source.ts";
import { type KnownText, type TextLoader, type TextLoading, withoutText } from "../../sources/text_loader.ts";
import type { LoadedHead } from "./load_message.ts";
import { MAX_LISTED_TOGETHER } from "../../topology/parse/diagnostic.ts";
import { TopologySizes } from "../../topology/parse/text_limits.ts";
import { fromKnown, tooLarge, withoutProblems } from "./known_text.ts";
import { LoaderThread, ThreadFailure } from "./loader_thread.ts";
import { packPlaces } from "./place_table.ts";

/** The options of a loader. */
export interface ThreadLoaderOptions {
  readonly clock: Clock;
  /** The socket runtime that determines the capabilities of node types. */
  readonly runtime: RuntimeName;
  /** The limit of text that is loaded in this thread, in bytes; called at every load. */
  readonly hereBytes: () => number;
}

/** The limit in a thread that moves data: it takes a few milliseconds. */
export const SMALL_BYTES = 4 * 1024;
/** The limit in a thread without other work. */
export const IDLE_BYTES = 64 * 1024;

/** The time limit of a text. */
const LOAD_WITHIN_MS = 30_000;
/** How long a thread waits for the next text. */
const KEEP_MS = 5_000;
/** After more text than this it ends immediately. */
const KEEP_BYTES = 256 * 1024;
/** After more text than this it is replaced, because its garbage would add up. */
const LIFE_BYTES = 1024 * 1024;

/** Loads texts, one load after the other. */
export class ThreadLoader implements TextLoader {
  readonly #options: ThreadLoaderOptions;
  readonly #closed = new AbortController();
  #thread: LoaderThread | null = null;
  /** The amount of text that it has loaded. */
  #loaded = 0;
  #idle: Timer | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ThreadLoaderOptions) {
    this.#options = options;
  }

  load(texts: readonly SourceText[], loading: TextLoading): Promise<LoadedTopologies> {
    const loaded = this.#last.then(() => this.#loadAll(texts, loading));
    this.#last = loaded.catch(() => {}); // The caller receives the error.
    return loaded;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#endThread();
    await this.#last;
  }

  async #loadAll(texts: readonly SourceText[], loading: TextLoading): Promise<LoadedTopologies> {
    const { memory } = loading;
    const signals = [this.#closed.signal, ...(loading.signal === undefined ? [] : [loading.signal])];
    const signal = AbortSignal.any(signals);
    const known = new Map<string, KnownText>();
    for (const text of texts) {
      const earlier = memory?.texts.get(text.location);
      if (earlier !== undefined && isSame(earlier, text, loading)) known.set(text.location, earlier);
    }
    const bytes = texts.reduce((sum, { location, octets }) => known.has(location) ? sum : sum + octets.length, 0);
    const here = bytes <= this.#options.hereBytes();
    this.#idle?.cancel();
    try {
      const loaded: { readonly text: SourceText; readonly loaded: LoadedText }[] = [];
      const sizes = new TopologySizes();
      let problems = 0;
      for (const text of texts) {
        if (signal.aborted) throw canceled();
        const found = known.get(text.location) ??
          (here ? loadHere(text, loading) : await this.#loadThere(text, loading, signal));
        const counted = found.diagnostics.length > 0 && problems > MAX_LISTED_TOGETHER;
        problems += found.diagnostics.length;
        if (counted) known.delete(text.location); // It is loaded again, as its problems are not kept.
        else known.set(text.location, found);
        loaded.push({ text, loaded: fromKnown(counted ? withoutProblems(found) : found, text) });
        if (addSizes(sizes, found.topologies) !== null) break; // Further ones would be rejected too.
      }
      if (memory !== undefined) memory.texts = known;
      return joinTexts(loaded, loading);
    } finally {
      if (bytes > KEEP_BYTES) this.#endThread();
      else if (this.#thread !== null) this.#idle = this.#options.clock.after(KEEP_MS, () => this.#endThread());
    }
  }

  async #loadThere(text: SourceText, loading: TextLoading, signal: AbortSignal): Promise<KnownText> {
    const earlier = loading.memory?.texts.get(text.location)?.topologies ?? [];
    let late = false;
    if (this.#loaded + text.octets.length > LIFE_BYTES) this.#endThread();
    this.#loaded += text.octets.length;
    const thread = this.#thread ??= new LoaderThread();
    const stop = (): void => this.#endThread();
    const timer = this.#options.clock.after(LOAD_WITHIN_MS, () => {
      late = true;
      stop();
    });
    signal.addEventListener("abort", stop);
    try {
      const { revision, ...own } = text;
      const { diagnostics, topologies, variables } = await thread.load({
        text: own,
        runtime: this.#options.runtime,
        ...(loading.given === undefined ? {} : { given: loading.given }),
        known: new Map(earlier.map(({ state, digest }) => [state.name, digest])),
        env: (variable) => loading.env(variable, text.location),
      });
      const states: GraphState[] = [];
      for (const [index, head] of topologies.entries()) {
        const same = head.parts === null ? earlier.find(({ state }) => state.name === head.name) : undefined;
        states.push(same?.state ?? await stateOf(thread, head, index));
      }
      const known = topologies.map(({ digest, places, listeners }, index) => {
        return { state: states[index] ?? NONE, digest, places, listeners };
      });
      return { revision, variables, topologies: known, diagnostics };
    } catch (error) {
      if (!(error instanceof ThreadFailure)) throw error;
      if (signal.aborted) throw canceled();
      this.#endThread();
      if (late) return tooLarge(text, `Loading takes longer than ${LOAD_WITHIN_MS / 1_000} s`);
      // A thread that could not start lacks a permission that this one has: the text is not the cause.
      return thread.started ? tooLarge(text, `Loading failed: ${error.message}`) : loadHere(text, loading);
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", stop);
    }
  }

  #endThread(): void {
    this.#thread?.end();
    this.#thread = null;
    this.#loaded = 0;
    this.#idle?.cancel();
  }
}

const NONE: GraphState = { name: "", description: null, nodes: [], links: [], templates: [] };

/** The same text with the same variables; the same commit does not mean the same texts. */
function isSame({ revision, variables }: KnownText, text: SourceText, { env }: TextLoading): boolean {
  return revision === text.revision && revision.startsWith("sha256:") &&
    [...variables].every(([name, value]) => (env(name, text.location) ?? null) === value);
}

function loadHere(text: SourceText, loading: TextLoading): KnownText {
  const { topologies, diagnostics, variables } = loadText(text, loading);
  return {
    revision: text.revision,
    variables,
    topologies: topologies.map(({ state, origins, listeners = [] }) => {
      return { state, digest: "", places: packPlaces(state, origins), listeners };
    }),
    diagnostics: withoutText(diagnostics, text.name),
  };
}

async function stateOf(
  thread: LoaderThread,
  { name, description, parts }: LoadedHead,
  index: number,
): Promise<GraphState> {
  const nodes: GraphState["nodes"][number][] = [];
  const links: GraphState["links"][number][] = [];
  const templates: GraphState["templates"][number][] = [];
  for (let part = 0; part < (parts ?? 0); part++) {
    const found = await thread.part(index, part);
    nodes.push(...found.nodes);
    links.push(...found.links);
    templates.push(...found.templates);
  }
  return { name, description, nodes, links, templates };
}

function canceled(): NetgraphError {
  return new NetgraphError("ECANCELED", "Cannot load the source: loading has ended");
}
