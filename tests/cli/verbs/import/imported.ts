/**
 * What `import` makes of a text: nodes with their messages, and reports by code and line.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ImportFormat } from "../../../../src/cli/verbs/import/format.ts";
import { importText } from "../../../../src/cli/verbs/import/import_text.ts";
import type { Companion } from "../../../../src/cli/verbs/import/joined_source.ts";
import { describeBuiltinTypes } from "../../../../src/nodes/builtin.ts";
import { POSIX_CAPABILITIES } from "../../../../src/runtimes/posix/capabilities.ts";
import { loadTopology } from "../../../../src/topology/load/load.ts";
import { diagnosticData } from "../../../../src/topology/parse/diagnostic.ts";
import { renderDiagnostics } from "../../../../src/topology/parse/render.ts";

const TYPES = describeBuiltinTypes(POSIX_CAPABILITIES);

/** What an import gives. */
export interface Imported {
  readonly yaml: string | null;
  /** `code line` or, in another file, `code file:line`; without notes of other defaults. */
  readonly reported: readonly string[];
  /** The messages of reports, in the same order. */
  readonly texts: readonly string[];
  /** Messages as one types them, by node. */
  readonly nodes: Readonly<Record<string, readonly string[]>>;
  /** The same for the first node of each template. */
  readonly templates: Readonly<Record<string, readonly string[]>>;
}

/** Imports a text; the topology that it gives must be valid. */
export function imported(text: string, format: ImportFormat, companions: readonly Companion[] = []): Imported {
  const name = "main.conf";
  const { yaml, diagnostics } = importText({ name, text }, format, TYPES, companions);
  const data = diagnostics.filter(({ code }) => code !== "other-default").map(diagnosticData);
  const states = yaml === null ? [] : load(yaml);
  const typed = (list: readonly { readonly command: string; readonly argument: string | null }[]) =>
    list.map(({ command, argument }) => argument === null ? command : `${command} ${argument}`);
  return {
    yaml,
    reported: data.map(({ code, file, line }) => `${code} ${file === name ? "" : `${file}:`}${line}`),
    texts: data.map(({ message }) => message),
    nodes: Object.fromEntries(states.flatMap(({ nodes }) => nodes.map((one) => [one.name, typed(one.messages)]))),
    templates: Object.fromEntries(
      states.flatMap(({ templates }) => templates.map((one) => [one.name, typed(one.nodes[0]?.messages ?? [])])),
    ),
  };
}

function load(text: string) {
  const source = { name: "a.yaml", text };
  const options = { source, types: TYPES, env: () => null, defaultName: null, baseDirectory: null };
  const { topologies, diagnostics } = loadTopology(options);
  assert.equal(renderDiagnostics(diagnostics.filter(({ severity }) => severity === "error")), "");
  return topologies.map(({ state }) => state);
}
