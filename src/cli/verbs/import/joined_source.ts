/**
 * A file and those that it includes as one text, so that an importer knows offsets only: problems are reported in the
 * file that a part comes from.
 *
 * @module
 */

import type { Diagnostic } from "../../../topology/parse/diagnostic.ts";
import type { SourceFile, Span } from "../../../topology/parse/source.ts";

/** A file that another one names. */
export interface Companion {
  /** The name or pattern as the other file writes it. */
  readonly asked: string;
  readonly file: SourceFile;
}

/** The whole text, and where each file is. */
export interface JoinedSource {
  readonly file: SourceFile;
  /** The parts that a file includes; the main file for an empty name. */
  readonly included: (asked: string) => readonly (Span & { readonly file: SourceFile })[];
  /** A problem of the whole text, at its place in a file. */
  readonly placed: (diagnostic: Diagnostic) => Diagnostic;
}

/** Joins texts. */
export function joinSources(main: SourceFile, companions: readonly Companion[]): JoinedSource {
  const files = [main, ...new Set(companions.map(({ file }) => file))];
  let text = "";
  const parts = files.map((file) => {
    const start = text.length;
    text += `${file.text}\n`;
    return { start, end: start + file.text.length, file };
  });
  if (files.length === 1) text = main.text;
  const partAt = (offset: number) => parts.findLast(({ start }) => start <= offset) ?? parts[0];
  return {
    file: files.length === 1 ? main : { name: main.name, text },
    included: (asked) => {
      if (asked === "") return parts.slice(0, 1);
      const found = companions.filter((one) => one.asked === asked).map(({ file }) => file);
      return parts.filter(({ file }) => found.includes(file));
    },
    placed: (diagnostic) => {
      const part = diagnostic.span === null ? undefined : partAt(diagnostic.span.start);
      if (part === undefined || diagnostic.span === null || files.length === 1) {
        return files.length === 1 ? diagnostic : { ...diagnostic, file: main };
      }
      const moved = ({ start, end }: Span): Span => ({ start: start - part.start, end: end - part.start });
      return { ...diagnostic, file: part.file, span: moved(diagnostic.span), related: [] };
    },
  };
}
