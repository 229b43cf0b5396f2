/**
 * A file of `--values`: the values of parameters by name.
 *
 * @module
 */

import type { Diagnostic } from "./diagnostic.ts";
import { DiagnosticCollector } from "./diagnostic.ts";
import { parseDocuments } from "./document.ts";
import { type GivenValue, isParameterName } from "./parameters.ts";
import type { SourceFile } from "./source.ts";
import { describeTree, type Entry, isNull, type Tree } from "./tree.ts";

/** The values of a file, and its problems. */
export interface ValuesFile {
  readonly values: ReadonlyMap<string, GivenValue>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a mapping of names and values. An empty file has none. */
export function readValuesFile(file: SourceFile): ValuesFile {
  const collector = new DiagnosticCollector(file);
  const [first, second] = parseDocuments(collector);
  const diagnostics = collector.list();
  if (first === undefined) {
    return { values: new Map(), diagnostics: diagnostics.filter(({ code }) => code !== "empty-file") };
  }
  if (second !== undefined) {
    const message = "A file of values has one document but this has several";
    collector.error("wrong-kind", {
      message,
      span: second.span,
      hint: "write one file for each, and --values for each",
    });
  }
  return { values: readEntries(first, collector), diagnostics: collector.list() };
}

function readEntries(tree: Tree, collector: DiagnosticCollector): ReadonlyMap<string, GivenValue> {
  if (tree.kind !== "mapping") {
    const message = `A file of values must be a mapping but is ${describeTree(tree)}`;
    collector.error("wrong-kind", { message, span: tree.span, hint: "such as port: 9000" });
    return new Map();
  }
  return new Map(tree.entries.flatMap((entry) => readEntry(entry, collector)));
}

function readEntry({ key, value }: Entry, collector: DiagnosticCollector): readonly (readonly [string, GivenValue])[] {
  if (!isParameterName(key.value)) {
    const message = `"${key.value}" is not the name of a parameter`;
    collector.error("bad-name", { message, span: key.span, hint: "use letters, digits, _ and -" });
    return [];
  }
  if (value.kind !== "scalar" || isNull(value)) {
    const message = `Value of "${key.value}" must be a text but is ${describeTree(value)}`;
    const hint = isNull(value) ? 'write "" for an empty text' : `such as ${key.value}: 9000`;
    collector.error("wrong-kind", { message, span: isNull(value) ? key.span : value.span, hint });
    return [];
  }
  return [[key.value, { text: value.value, file: collector.file, span: value.span }]];
}
