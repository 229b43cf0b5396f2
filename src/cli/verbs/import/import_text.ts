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
import { importCompose } from "./compose/compose.ts";
import type { ImportFormat } from "./format.ts";
import { importGost } from "./gost/gost.ts";
import { importHaproxy } from "./haproxy/haproxy.ts";
import { type Companion, joinSources } from "./joined_source.ts";
import { importNginx } from "./nginx/nginx.ts";
import { type Importer, MAX_NOTES, nameOfFile, type Omitted } from "./reading.ts";
import { importRinetd } from "./rinetd.ts";
import { importSocat } from "./socat.ts";
import { importSystemd } from "./systemd/systemd.ts";

const IMPORTERS: Readonly<Record<ImportFormat, Importer>> = {
  nginx: importNginx,
  haproxy: importHaproxy,
  systemd: importSystemd,
  compose: importCompose,
  gost: importGost,
  rinetd: importRinetd,
  socat: importSocat,
  ngctl: importNgctl,
};

/** The result of an import. */
export interface ImportResult {
  /** Null where something is wrong. */
  readonly yaml: string | null;
  /** Errors, and warnings about differences and omissions. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Parts that are left out as a whole, by format. */
const PARTS: Readonly<Record<ImportFormat, Omitted["what"]>> = {
  nginx: "server",
  haproxy: "section",
  systemd: "unit",
  compose: "service",
  gost: "service",
  rinetd: "rule",
  socat: "line",
  ngctl: "line",
};

/**
 * Imports a text of a known form.
 *
 * @param companions other files that it names
 */
export function importText(
  main: SourceFile,
  format: ImportFormat,
  types: readonly NodeType[],
  companions: readonly Companion[] = [],
): ImportResult {
  const joined = joinSources(main, companions);
  const { file, included } = joined;
  const collector = new DiagnosticCollector(file, { mostListed: MAX_NOTES });
  const places = new Map<string, Span>();
  const omitted: Omitted[] = [];
  let states = IMPORTERS[format]({
    file,
    types,
    name: nameOfFile(file.name),
    places,
    collector,
    whole: collector,
    included,
    omitted,
  });
  let found = states.length > 0 && collector.errors === 0 ? loadStates(states, types) : { reports: [], yaml: "" };
  while (format !== "ngctl") {
    // A rule that conflicts with others, or that the runtime does not support.
    const wrong = found.reports.find(({ severity }) => severity === "error");
    const span = wrong === undefined ? null : placeOfOwner(found.yaml, wrong.span, places);
    if (wrong === undefined || span === null) break;
    omitted.push({
      what: PARTS[format],
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
  const diagnostics = collector.list().map(joined.placed);
  if (collector.errors > 0) return { yaml: null, diagnostics };
  const notes = diagnostics.map((one) => `# ${placed(one, main)}${one.message}`.replaceAll("\n", " "));
  return { yaml: [`# Imported from ${main.name} (${format})`, ...notes, found.yaml].join("\n"), diagnostics };
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
    const used = nodes.flatMap(({ messages }) => messages.map(({ argument }) => argument ?? "")).join("\n");
    const templates = state.templates.filter(({ name }) =>
      stays(name) && new RegExp(`template="?${name}(?![\\w-])`).test(used)
    );
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

function placed(diagnostic: Diagnostic, main: SourceFile): string {
  const at = placeOf(diagnostic);
  if (at === null) return "";
  const other = diagnostic.file.name === main.name ? "" : `${diagnostic.file.name} `;
  return `${other}line ${positionAt(diagnostic.file, at).line}: `;
}
