/**
 * Sources as topologies that an engine can be asked for, with everything that is wrong with them.
 *
 * The person's own machine reads them, so that `${PORT}` is the person's variable and not the engine's.
 *
 * @module
 */

import type { WantedTopology } from "../control/protocol.ts";
import { describeTypes, socketRuntimeName } from "../engine/types.ts";
import type { NodeType } from "../graph/node_type.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { countErrors, type Diagnostic } from "../topology/diagnostic.ts";
import { decodeSource, type LoadedTopology, loadTopology } from "../topology/load.ts";
import type { RuntimeName } from "./invocation.ts";
import { directoryOf } from "./place.ts";
import { readSources, type SourceText } from "./sources.ts";

/** What sources hold. */
export interface Wanted {
  readonly topologies: readonly WantedTopology[];
  /** By topology: where in which text its nodes stand. */
  readonly loaded: ReadonlyMap<string, LoadedTopology>;
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths, and `-` for standard input. */
  readonly locations: readonly string[];
  /** True when none of the diagnostics is an error. */
  readonly valid: boolean;
}

/** Reads and loads every source. */
export async function loadWanted(
  sources: readonly string[],
  options: { readonly runtime: Runtime; readonly socketRuntime: RuntimeName | null },
): Promise<Wanted> {
  const { runtime } = options;
  const texts = await readSources(sources, runtime);
  const types = await describeTypes(runtime, socketRuntimeName(runtime, options.socketRuntime));
  return loadTexts(texts, { types, runtime });
}

/** Loads texts that were read, for sockets as `types` have them. */
export function loadTexts(
  texts: readonly SourceText[],
  { types, runtime }: { readonly types: readonly NodeType[]; readonly runtime: Pick<Runtime, "process"> },
): Wanted {
  const topologies: WantedTopology[] = [];
  const diagnostics: Diagnostic[] = [];
  const loaded = new Map<string, LoadedTopology>();
  for (const text of texts) {
    const result = load(text, { types, env: (name) => runtime.process.env(name) ?? null });
    diagnostics.push(...result.diagnostics);
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

function load(
  text: SourceText,
  options: { types: readonly NodeType[]; env: (name: string) => string | null },
): { topologies: readonly LoadedTopology[]; diagnostics: readonly Diagnostic[] } {
  const decoded = decodeSource(text.name, text.octets);
  if (!decoded.ok) return { topologies: [], diagnostics: decoded.diagnostics };
  const isFile = text.kind === "file";
  return loadTopology({
    source: decoded.source,
    ...options,
    defaultName: isFile ? stemOf(text.location) : null,
    baseDirectory: isFile ? directoryOf(text.location) : null,
  });
}

function stemOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
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
