/**
 * Texts become topologies that an engine can be asked for, with everything that is wrong with them.
 *
 * Whoever reads the texts has the environment that `${PORT}` is taken from: the person's own process, or the engine
 * where that follows the source.
 *
 * @module
 */

import type { Finding, NodeType } from "../graph/node_type.ts";
import type { GraphState } from "../graph/state.ts";
import { countErrors, type Diagnostic } from "../topology/diagnostic.ts";
import { decodeSource, type LoadedTopology, type LoadResult, loadTopology } from "../topology/load.ts";
import { baseName, directoryOf } from "./path.ts";
import type { SourceText } from "./source.ts";

/** A topology as its author wants it, and where that stands. */
export interface SourcedTopology {
  readonly state: GraphState;
  readonly source: { readonly kind: SourceText["kind"]; readonly location: string; readonly revision: string };
}

/** What a node claims that reads standard input. */
const STANDARD_INPUT = "stdio";

const TAKEN: Finding = {
  severity: "error",
  code: "standard-input",
  message: "Standard input is where this topology comes from: no node of it can have that",
  messageIndex: null,
  hint: "apply it from a file",
};

/** What texts hold. */
export interface Wanted {
  readonly topologies: readonly SourcedTopology[];
  /** By topology: where in which text its nodes stand. */
  readonly loaded: ReadonlyMap<string, LoadedTopology>;
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths, and `-` for standard input. */
  readonly locations: readonly string[];
  /** True when none of the diagnostics is an error. */
  readonly valid: boolean;
}

/** What loading needs to know besides the texts. */
export interface LoadTextsOptions {
  /** The node types as the sockets at hand have them. */
  readonly types: readonly NodeType[];
  /** A variable of the environment; undefined where it is not set. */
  readonly env: (name: string) => string | undefined;
  /** True to take a text that holds nothing for what it is. */
  readonly allowEmpty?: boolean;
}

/** Loads texts that were read. */
export function loadTexts(texts: readonly SourceText[], options: LoadTextsOptions): Wanted {
  const topologies: SourcedTopology[] = [];
  const diagnostics: Diagnostic[] = [];
  const loaded = new Map<string, LoadedTopology>();
  for (const text of texts) {
    const result = load(text, options);
    const found = result.diagnostics.filter(({ code }) => options.allowEmpty !== true || code !== "empty-file");
    diagnostics.push(...found);
    for (const topology of result.topologies) {
      const { name } = topology.state;
      const earlier = loaded.get(name);
      if (earlier !== undefined && earlier.source !== topology.source) diagnostics.push(twice(topology, earlier));
      loaded.set(name, topology);
      const { kind, location, revision } = text;
      topologies.push({ state: topology.state, source: { kind, location, revision } });
    }
  }
  const locations = texts.map(({ location }) => location);
  return { topologies, loaded, diagnostics, locations, valid: countErrors(diagnostics) === 0 };
}

function load(text: SourceText, { types, env }: LoadTextsOptions): LoadResult {
  const decoded = decodeSource(text.name, text.octets);
  if (!decoded.ok) return { topologies: [], diagnostics: decoded.diagnostics };
  const isFile = text.kind === "file";
  const hasName = text.kind !== "stdin";
  return loadTopology({
    source: decoded.source,
    types: text.kind === "stdin" ? types.map(withoutStandardInput) : types,
    env: (name) => env(name) ?? null,
    defaultName: hasName ? baseName(text.location).replace(/\.[^.]*$/, "") : null,
    baseDirectory: isFile ? directoryOf(text.location) : null,
  });
}

/** The topology itself comes by standard input: no node of it can have that. */
function withoutStandardInput(type: NodeType): NodeType {
  return {
    ...type,
    check: (node) => {
      const wanted = type.claims(node).some(({ space }) => space === STANDARD_INPUT);
      return wanted ? [...type.check(node), TAKEN] : type.check(node);
    },
  };
}

function twice({ state, source }: LoadedTopology, earlier: LoadedTopology): Diagnostic {
  return {
    code: "duplicate-topology",
    severity: "error",
    message: `Topology "${state.name}" is in "${earlier.source.name}" already`,
    file: source,
    span: null,
    within: null,
    hint: "name it otherwise",
    related: [],
  };
}
