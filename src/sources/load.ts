/**
 * Converts texts to topologies for an engine, with all of their problems.
 *
 * `${PORT}` is a variable of the process that reads the texts: the client, or the engine if it follows the source.
 *
 * @module
 */

import type { Finding, NodeType } from "../graph/core/node_type.ts";
import type { GraphState } from "../graph/data/state.ts";
import { isOwnAddress } from "../runtimes/own_address.ts";
import { checkTogether } from "../topology/check/check_together.ts";
import { countErrors, type Diagnostic, listTogether } from "../topology/parse/diagnostic.ts";
import type { Origins } from "../topology/resolve/build_state.ts";
import { decodeSource, type LoadedTopology, loadTopology } from "../topology/load/load.ts";
import type { SourceFile } from "../topology/parse/source.ts";
import { type GivenValues, parameterNames, unusedValues } from "../topology/parse/parameters.ts";
import { TopologySizes } from "../topology/parse/text_limits.ts";
import { baseName, directoryOf } from "./path.ts";
import type { SourceText } from "./source.ts";
import type { Environment } from "./applied_variables.ts";

/** A desired topology, and its places in the text. */
export interface SourcedTopology {
  readonly state: GraphState;
  readonly source: {
    readonly kind: SourceText["kind"];
    readonly location: string;
    readonly revision: string;
    /** The variables of the environment with which it was read; absent if it names none. */
    readonly variables?: Readonly<Record<string, string | null>>;
  };
}

/** The claim of a node that reads standard input. */
const STANDARD_INPUT = "stdio";

const TAKEN: Finding = {
  severity: "error",
  code: "standard-input",
  message: "This topology is read from standard input, so that its nodes cannot use it",
  messageIndex: null,
  hint: "apply it from a file",
};

/** The text of a topology, and the places of its nodes. */
export interface TopologyPlaces {
  readonly source: SourceFile;
  readonly origins: Pick<Origins, "nodes">;
  /** The variables of the environment that the text read, by name; null for one that is not set. */
  readonly variables?: ReadonlyMap<string, string | null>;
}

/** A topology of a text; without its listeners it is not checked together with those of other texts. */
export type LoadedPlaces = TopologyPlaces & Pick<LoadedTopology, "state"> & Partial<Pick<LoadedTopology, "listeners">>;

/** The content of a text. */
export interface LoadedText {
  readonly topologies: readonly LoadedPlaces[];
  readonly diagnostics: readonly Diagnostic[];
  /** The variables that it names, with their values. */
  readonly variables: ReadonlyMap<string, string | null>;
}

/** The content of several texts. */
export interface LoadedTopologies {
  readonly topologies: readonly SourcedTopology[];
  /** By topology: the text, and the places of its nodes. */
  readonly loaded: ReadonlyMap<string, TopologyPlaces>;
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths, and `-` for standard input. */
  readonly locations: readonly string[];
  /** True when none of the diagnostics is an error. */
  readonly valid: boolean;
}

/** The input of loading beside the texts. */
export interface LoadTextsOptions {
  /** The node types for the available sockets. */
  readonly types: readonly NodeType[];
  /** A variable of the environment; undefined if it is not set. */
  readonly env: Environment;
  /** Values of parameters that were given with the command: each of them must be one of a topology. */
  readonly given?: GivenValues;
  /** True to accept an empty text. */
  readonly allowEmpty?: boolean;
  /** True if an address is one of this machine; by default the system is asked. */
  readonly isOwn?: (host: string) => boolean;
}

/** Loads texts that were read, in this thread. */
export function loadTexts(texts: readonly SourceText[], options: LoadTextsOptions): LoadedTopologies {
  return joinTexts(texts.map((text) => ({ text, loaded: loadText(text, options) })), options);
}

/** The content of several texts together: a topology in two of them is an error. */
export function joinTexts(
  given: readonly { readonly text: Omit<SourceText, "octets">; readonly loaded: LoadedText }[],
  { allowEmpty = false, isOwn = isOwnAddress, given: values }: Pick<LoadTextsOptions, "allowEmpty" | "isOwn" | "given">,
): LoadedTopologies {
  // A file that is named twice, directly or with its folder, is one file.
  const texts = [...new Map(given.toReversed().map((one) => [one.text.location, one])).values()].toReversed();
  const topologies: SourcedTopology[] = [];
  const diagnostics: Diagnostic[] = [];
  const places = new Map<string, TopologyPlaces>();
  const sizes = new TopologySizes();
  for (const { text, loaded } of texts) {
    const { kind, location, revision } = text;
    const excess = addSizes(sizes, loaded.topologies);
    if (excess !== null) {
      diagnostics.push(tooLarge(excess.source, excess.message));
      break;
    }
    diagnostics.push(...loaded.diagnostics.filter(({ code }) => !allowEmpty || code !== "empty-file"));
    for (const topology of loaded.topologies) {
      const { state: { name }, source } = topology;
      const earlier = places.get(name);
      if (earlier !== undefined && earlier.source !== source) diagnostics.push(twice(name, source, earlier));
      places.set(name, topology);
      const variables = topology.variables === undefined || topology.variables.size === 0
        ? {}
        : { variables: Object.fromEntries(topology.variables) };
      topologies.push({ state: topology.state, source: { kind, location, revision, ...variables } });
    }
  }
  const checked = texts.length < 2 ? [] : texts.flatMap(({ loaded }) => loaded.topologies)
    .flatMap(({ state, source, listeners }) => listeners === undefined ? [] : [{ state, source, listeners }]);
  diagnostics.push(...checkTogether(checked, { across: true, isOwn }));
  if (values !== undefined && countErrors(diagnostics) === 0) {
    diagnostics.push(...unusedValues(values, texts.flatMap(({ loaded }) => parameterNames(loaded.variables.keys()))));
  }
  const locations = texts.map(({ text }) => text.location);
  const valid = countErrors(diagnostics) === 0;
  return { topologies, loaded: places, diagnostics: listTogether(diagnostics), locations, valid };
}

/** Adds the content of a text; returns the topology that exceeds the limits of a source, null if there is none. */
export function addSizes<T extends Pick<LoadedPlaces, "state">>(
  sizes: TopologySizes,
  topologies: readonly T[],
): (T & { readonly message: string }) | null {
  for (const topology of topologies) {
    sizes.add(topology.state);
    const message = sizes.excess("Source");
    if (message !== null) return { ...topology, message };
  }
  return null;
}

/** Loads one text, in this thread. */
export function loadText(
  text: Omit<SourceText, "revision">,
  { types, env, given, isOwn = isOwnAddress }: Pick<LoadTextsOptions, "types" | "env" | "given" | "isOwn">,
): LoadedText {
  const decoded = decodeSource(text.name, text.octets);
  if (!decoded.ok) return { topologies: [], diagnostics: decoded.diagnostics, variables: new Map() };
  const isFile = text.kind === "file";
  const hasName = text.kind !== "stdin";
  const variables = new Map<string, string | null>();
  const { topologies, diagnostics } = loadTopology({
    source: decoded.source,
    types: text.kind === "stdin" ? types.map(withoutStandardInput) : types,
    env: (name) => {
      const value = env(name, text.location) ?? null;
      variables.set(name, value);
      return value;
    },
    ...(given === undefined ? {} : { given }),
    ...(text.included === undefined ? {} : { included: text.included }),
    defaultName: hasName ? baseName(text.location).replace(/\.[^.]*$/, "") : null,
    baseDirectory: isFile ? directoryOf(text.location) : null,
    isOwn,
  });
  return { topologies: topologies.map((topology) => ({ ...topology, variables })), diagnostics, variables };
}

/** The topology itself is read from standard input: none of its nodes can use it. */
function withoutStandardInput(type: NodeType): NodeType {
  return {
    ...type,
    check: (node) => {
      const desired = type.claims(node).some(({ space }) => space === STANDARD_INPUT);
      return desired ? [...type.check(node), TAKEN] : type.check(node);
    },
  };
}

function twice(name: string, file: SourceFile, earlier: TopologyPlaces): Diagnostic {
  const message = `Topology "${name}" is in "${earlier.source.name}" already`;
  return { code: "duplicate-topology", message, hint: "use another name", ...errorIn(file) };
}

function tooLarge(file: SourceFile, message: string): Diagnostic {
  return { code: "too-large", message, hint: "split it into several sources", ...errorIn(file) };
}

function errorIn(file: SourceFile): Pick<Diagnostic, "severity" | "file" | "span" | "related"> {
  return { severity: "error", file, span: null, related: [] };
}
