/**
 * From a text to states that can be applied. Invalid text never throws: it yields all diagnostics together.
 *
 * @module
 */

import { AsciiError } from "../../ascii/error.ts";
import { parseScopeName } from "../../graph/data/name.ts";
import type { NodeType } from "../../graph/core/node_type.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { type Listener, listenersOf } from "../check/addresses.ts";
import { buildState, type Origins } from "../resolve/build_state.ts";
import { checkTogether } from "../check/check_together.ts";
import { checkTopology } from "../check/check.ts";
import type { Declaration } from "../parse/declaration.ts";
import { type DecodeContext, decodeTopologies } from "../parse/decode.ts";
import type { GivenValues } from "../parse/parameters.ts";
import { ExpansionCount } from "../parse/each.ts";
import { type Diagnostic, DiagnosticCollector } from "../parse/diagnostic.ts";
import { type Included, joinSource, NOTHING_INCLUDED, readDocuments } from "../parse/include.ts";
import type { Tree } from "../parse/tree.ts";
import { resolveTopology } from "../resolve/resolve.ts";
import type { SourceFile } from "../parse/source.ts";
import { MAX_FILE_BYTES, MAX_FILE_TEXT, MAX_VARIABLES, TopologySizes } from "../parse/text_limits.ts";
import { spanInInterpolated } from "../parse/interpolation.ts";

const TOO_LARGE = `File is larger than ${MAX_FILE_TEXT}`;

const SPLIT = "split it into several sources";
const TOP = { start: 0, end: 0 };

/** The input of loading beside the text. */
export interface LoadOptions {
  /** The text. */
  readonly source: SourceFile;
  /** The types that nodes may be of. */
  readonly types: readonly NodeType[];
  /** A variable of the environment, null if it is not set. */
  readonly env: (name: string) => string | null;
  /** The files that the text includes. */
  readonly included?: Included;
  /** Values of parameters, with their places for messages: `env` has their texts as `parameters.NAME`. */
  readonly given?: GivenValues;
  /** The name of a first document without a name: the stem of the file's name. Null: it must have one. */
  readonly defaultName: string | null;
  /** The folder for relative paths; null (stdin, a URL): they are rejected. */
  readonly baseDirectory: string | null;
  /** True if an address is one of this machine, to detect loops; by default only loopback is. */
  readonly isOwn?: (host: string) => boolean;
}

/** A topology without errors. */
export interface LoadedTopology {
  /** The desired state. */
  readonly state: GraphState;
  /** The places of its parts in the text. */
  readonly origins: Origins;
  /** The addresses that it binds, and the targets of their connections. */
  readonly listeners: readonly Listener[];
  /** The text. */
  readonly source: SourceFile;
}

/** The content of a text; a topology with an error is not included. */
export interface LoadResult {
  /** The topologies in the order of the text. */
  readonly topologies: readonly LoadedTopology[];
  /** All problems, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Bytes as a text, or the reason why they are not a text. */
export type DecodedSource =
  | { readonly ok: true; readonly source: SourceFile }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Decodes bytes as UTF-8 text; too large or binary content, or another encoding, is a diagnostic.
 *
 * @example
 * ```ts
 * import { decodeSource } from "@sockgraph/sockgraph";
 *
 * const decoded = decodeSource("web.yaml", new Uint8Array([0xff]));
 * console.log(decoded.ok ? "text" : decoded.diagnostics[0]?.code); // not-utf8
 * ```
 */
export function decodeSource(name: string, octets: Uint8Array): DecodedSource {
  const collector = new DiagnosticCollector({ name, text: "" });
  const refuse = (code: "too-large" | "binary-file" | "not-utf8", message: string, hint: string): DecodedSource => {
    collector.error(code, { message, span: null, hint });
    return { ok: false, diagnostics: collector.list() };
  };
  if (octets.length > MAX_FILE_BYTES) return refuse("too-large", TOO_LARGE, "split it");
  if (octets.includes(0)) return refuse("binary-file", "File is not text: it has a NUL", "is it the right file?");
  try {
    // A byte order mark is removed.
    return { ok: true, source: { name, text: new TextDecoder("utf-8", { fatal: true }).decode(octets) } };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse("not-utf8", "File is not UTF-8 text", "save it in the encoding UTF-8");
  }
}

/**
 * Loads every topology of a text.
 *
 * @example
 * ```ts
 * import { builtinTypes, loadTopology, MemoryNetwork, renderDiagnostics } from "@sockgraph/sockgraph";
 *
 * const { topologies, diagnostics } = loadTopology({
 *   source: { name: "web.yaml", text: "nodes: { sink: { type: hole } }" },
 *   types: builtinTypes(new MemoryNetwork().openSockets()),
 *   env: () => null,
 *   defaultName: "web",
 *   baseDirectory: null,
 * });
 * console.log(topologies.length, renderDiagnostics(diagnostics));
 * ```
 */
export function loadTopology(options: LoadOptions): LoadResult {
  const { source: own, included = NOTHING_INCLUDED } = options;
  const source = joinSource(own, included);
  const collector = new DiagnosticCollector(source);
  // A text of that many bytes has at least a third as many units, and usually as many.
  if (own.text.length > MAX_FILE_BYTES) {
    collector.error("too-large", { message: TOO_LARGE, span: null, hint: "split it" });
    return { topologies: [], diagnostics: collector.list() };
  }
  const types = new Map(options.types.map((type) => [type.name, type]));
  const creatable = options.types.filter((type) => type.creatable);
  const vocabulary = {
    types: creatable.map(({ name }) => name),
    messages: new Set(creatable.flatMap(({ commands }) => Object.keys(commands))),
  };
  const names = new Set<string>();
  const topologies: LoadedTopology[] = [];
  const env = limitedEnv(options.env, collector);
  const sizes = new TopologySizes();
  const { given = new Map() } = options;
  const context = { collector, env, vocabulary, given, expanded: new ExpansionCount() };
  for (
    const { declaration, index, spoiled, before } of declarationsOf(readDocuments(collector, own, included), context)
  ) {
    const name = readName(declaration, { collector, defaultName: index === 0 ? options.defaultName : null, names });
    sizes.add(declaration);
    const excess = sizes.excess("File");
    if (excess !== null) {
      collector.error("too-large", { message: excess, span: declaration.span, hint: SPLIT });
      return { topologies: [], diagnostics: collector.list() };
    }
    const resolved = resolveTopology(declaration, { collector, types, baseDirectory: options.baseDirectory });
    checkTopology(resolved, collector);
    if (spoiled || collector.errors > before || name === null) continue;
    const built = buildState(resolved, { name, description: declaration.description });
    topologies.push({ ...built, listeners: listenersOf(resolved), source });
  }
  for (const one of checkTogether(topologies, { across: false, isOwn: options.isOwn ?? (() => false) })) {
    collector.add(one.code, one.severity, one);
  }
  return { topologies, diagnostics: collector.list() };
}

interface ReadDeclaration {
  readonly declaration: Declaration;
  /** That of its document. */
  readonly index: number;
  /** True if its document has an error of YAML. */
  readonly spoiled: boolean;
  /** The number of errors before it. */
  readonly before: number;
}

function* declarationsOf(trees: readonly Tree[], context: DecodeContext): Iterable<ReadDeclaration> {
  const { collector } = context;
  for (const [index, tree] of trees.entries()) {
    const before = collector.errors;
    const spoiled = collector.hasErrorIn(tree.span);
    for (const declaration of decodeTopologies(tree, context)) yield { declaration, index, spoiled, before };
  }
}

interface NameContext {
  readonly collector: DiagnosticCollector;
  readonly defaultName: string | null;
  /** The names of the previous documents. */
  readonly names: Set<string>;
}

function readName(declaration: Declaration, { collector, defaultName, names }: NameContext): string | null {
  const { name: word, span } = declaration;
  const name = word?.text ?? defaultName;
  const top = { start: span.start, end: span.start };
  if (name === null) {
    collector.error("missing-name", {
      message: "The topology has no name: only the first one of a file may omit it",
      span: top,
      hint: "begin with name: …",
    });
    return null;
  }
  const place = word?.scalar.span ?? top;
  try {
    parseScopeName(name);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    const message = error.message.replace(/^Scope name/, "Topology name");
    if (word === null) {
      collector.error("missing-name", { message, span: top, hint: "begin with name: …" });
    } else {
      const at = spanInInterpolated(collector.file, word, { start: error.offset, end: error.offset + error.length });
      collector.error("bad-name", { message, span: at, hint: "use a-z, 0-9 and -" });
    }
    return null;
  }
  if (names.has(name)) {
    collector.error("duplicate-topology", { message: `Topology "${name}" is defined twice in this file`, span: place });
  }
  names.add(name);
  return name;
}

/** Rejects more variables than a text may name: each is read in the thread that moves data. */
function limitedEnv(env: LoadOptions["env"], collector: DiagnosticCollector): LoadOptions["env"] {
  const asked = new Set<string>();
  return (name) => {
    if (asked.has(name) || asked.size < MAX_VARIABLES) {
      asked.add(name);
      return env(name);
    }
    const message = `File names more than ${MAX_VARIABLES.toLocaleString("en")} variables of the environment`;
    collector.error("too-large", { message, span: TOP, hint: "write values into it" });
    return null;
  };
}
