/**
 * A file of another tool → topologies as YAML, which tells in comments what of it means something else.
 *
 * @module
 */

import type { NodeType } from "../../graph/node_type.ts";
import { type Diagnostic, DiagnosticCollector, placeOf } from "../../topology/diagnostic.ts";
import { dumpTopologies } from "../../topology/dump.ts";
import { loadTopology } from "../../topology/load.ts";
import { positionAt, type SourceFile, type Span } from "../../topology/source.ts";
import { importNgctl } from "./ngctl.ts";
import { type Importer, type ImportFormat, nameOfFile } from "./reading.ts";
import { importRinetd } from "./rinetd.ts";
import { importSocat } from "./socat.ts";

const IMPORTERS: Readonly<Record<ImportFormat, Importer>> = {
  ngctl: importNgctl,
  socat: importSocat,
  rinetd: importRinetd,
};

/** What came of a file. */
export interface ImportResult {
  /** Null where something is wrong. */
  readonly yaml: string | null;
  /** Errors, and as warnings what means something else or is left out. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Imports a text of a known form. */
export function importText(
  file: SourceFile,
  format: ImportFormat,
  types: readonly NodeType[],
): ImportResult {
  const collector = new DiagnosticCollector(file);
  const places = new Map<string, Span>();
  const states = IMPORTERS[format]({ file, types, name: nameOfFile(file.name), places, collector });
  if (states.length === 0 && collector.errors === 0) {
    collector.add("bad-import", "error", { message: `File has nothing of ${format} that makes a node`, span: null });
  }
  const diagnostics = collector.list();
  if (collector.errors > 0) return { yaml: null, diagnostics };
  const body = dumpTopologies(states, types);
  const notes = diagnostics.map((one) => `# ${placed(one)}${one.message}`);
  const yaml = [`# Imported from ${file.name} (${format})`, ...notes, body].join("\n");
  // What is wrong with the whole is told by the loader, which knows it.
  const loaded = loadTopology({
    source: { name: `${file.name} as a topology`, text: yaml },
    types,
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  // The file that people know is theirs: there, and not in a text that they never see, is where it is wrong.
  const told = loaded.diagnostics.filter(({ code, severity }) => severity === "error" || code === "leads-back");
  for (const { code, severity, message, hint, span } of told) {
    collector.add(code, severity, { message, hint, span: span === null ? null : placeOfOwner(yaml, span, places) });
  }
  return { yaml: collector.errors > 0 ? null : yaml, diagnostics: collector.list() };
}

/** Where in the file that is imported the node or template stands that a place of the topology belongs to. */
function placeOfOwner(yaml: string, { start }: Span, places: ReadonlyMap<string, Span>): Span | null {
  for (const line of yaml.slice(0, start).split("\n").reverse()) {
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
