/**
 * A file of another tool → topologies as YAML, with comments about differences.
 *
 * @module
 */

import type { NodeType } from "../../../graph/core/node_type.ts";
import type { GraphState } from "../../../graph/data/state.ts";
import { type Diagnostic, DiagnosticCollector, placeOf } from "../../../topology/parse/diagnostic.ts";
import { dumpTopologies } from "../../../topology/print/dump.ts";
import { loadTopology } from "../../../topology/load/load.ts";
import { positionAt, type SourceFile, type Span } from "../../../topology/parse/source.ts";
import { importNgctl } from "./ngctl.ts";
import { type Importer, type ImportFormat, MAX_NOTES, nameOfFile, type Omitted } from "./reading.ts";
import { importRinetd } from "./rinetd.ts";
import { importSocat } from "./socat.ts";

const IMPORTERS: Readonly<Record<ImportFormat, Importer>> = {
  ngctl: importNgctl,
  socat: importSocat,
  rinetd: importRinetd,
};

/** The result of an import. */
export interface ImportResult {
  /** Null where something is wrong. */
  readonly yaml: string | null;
  /** Errors, and warnings about differences and omissions. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Imports a text of a known form. */
export function importText(
  file: SourceFile,
  format: ImportFormat,
  types: readonly NodeType[],
): ImportResult {
  const collector = new DiagnosticCollector(file, { mostListed: MAX_NOTES });
  const places = new Map<string, Span>();
  const omitted: Omitted[] = [];
  let states = IMPORTERS[format]({ file, types, name: nameOfFile(file.name), places, collector, omitted });
  let found = states.length > 0 && collector.errors === 0 ? loadStates(states, types) : { reports: [], yaml: "" };
  while (format !== "ngctl") {
    // A rule that conflicts with others, or that the runtime does not support.
    const wrong = found.reports.find(({ severity }) => severity === "error");
    const span = wrong === undefined ? null : placeOfOwner(found.yaml, wrong.span, places);
    if (wrong === undefined || span === null) break;
    omitted.push({
      what: format === "socat" ? "line" : "rule",
      error: { ...wrong, file, span, related: [] },
    });
    states = withoutPlace(states, span, places);
    found = states.length > 0 ? loadStates(states, types) : { reports: [], yaml: "" };
  }
  const empty = states.length === 0;
  for (const { what, error } of omitted) {
    const message = `The ${what} is left out: ${lowerFirst(error.message)}`;
    collector.add(empty ? error.code : "left-out", empty ? "error" : "warning", {
      ...error,
      message: empty ? error.message : message,
    });
  }
  if (empty && collector.errors === 0) {
    collector.add("bad-import", "error", { message: `File has no ${format} line that creates a node`, span: null });
  }
  // Problems are reported in the user's own file, not in the generated text.
  for (const { code, severity, message, hint, span } of found.reports) {
    collector.add(code, severity, { message, hint, span: placeOfOwner(found.yaml, span, places) });
  }
  const diagnostics = collector.list();
  if (collector.errors > 0) return { yaml: null, diagnostics };
  const notes = diagnostics.map((one) => `# ${placed(one)}${one.message}`);
  return { yaml: [`# Imported from ${file.name} (${format})`, ...notes, found.yaml].join("\n"), diagnostics };
}

/** The topologies as YAML, and what the loader finds wrong with the whole. */
function loadStates(
  states: readonly GraphState[],
  types: readonly NodeType[],
): { readonly yaml: string; readonly reports: readonly Diagnostic[] } {
  const yaml = dumpTopologies(states, types);
  const { diagnostics } = loadTopology({
    source: { name: "topology", text: yaml },
    types,
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  return { yaml, reports: diagnostics.filter(({ code, severity }) => severity === "error" || code === "leads-back") };
}

/** The topologies without the parts from one place of the file. */
function withoutPlace(
  states: readonly GraphState[],
  span: Span,
  places: ReadonlyMap<string, Span>,
): readonly GraphState[] {
  const stays = (name: string): boolean => places.get(name) !== span;
  return states.flatMap((state) => {
    const nodes = state.nodes.filter(({ name }) => stays(name));
    const linked = (name: string): boolean => nodes.some((node) => node.name === name);
    const links = state.links.filter(({ ends }) => ends.every(({ node }) => linked(node)));
    const templates = state.templates.filter(({ name }) => stays(name));
    return nodes.length === 0 ? [] : [{ ...state, nodes, links, templates }];
  });
}

/** A message as the rest of a sentence. */
function lowerFirst(message: string): string {
  return /^[A-Z][a-z ]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}

/** The place in the imported file of the node or template at a place of the topology. */
function placeOfOwner(yaml: string, span: Span | null, places: ReadonlyMap<string, Span>): Span | null {
  for (const line of yaml.slice(0, span?.start ?? 0).split("\n").reverse()) {
    const name = /^ +"?([^":]+)"?:/.exec(line)?.[1];
    const place = name === undefined ? undefined : places.get(name);
    if (place !== undefined) return place;
  }
  return null;
}

function placed(diagnostic: Diagnostic): string {
  const at = placeOf(diagnostic);
  return at === null ? "" : `line ${positionAt(diagnostic.file, at).line}: `;
}
