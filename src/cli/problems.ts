/**
 * Diagnostics on standard error: each with its place and a caret, then how many there are and what that means.
 *
 * @module
 */

import { type Diagnostic, summarize } from "../topology/parse/diagnostic.ts";
import { renderDiagnostics } from "../topology/parse/render.ts";
import type { Output } from "./output.ts";

/** Prints diagnostics; `consequence` is a sentence about what runs, empty if nothing does. */
export function printProblems(output: Output, diagnostics: readonly Diagnostic[], consequence = ""): void {
  if (diagnostics.length === 0) return;
  const style = {
    error: (text: string) => output.paintNote("bad", text),
    warning: (text: string) => output.paintNote("warning", text),
    caret: (text: string) => output.paintNote("strong", text),
    gutter: (text: string) => output.paintNote("faint", text),
  };
  const level = diagnostics.some(({ severity }) => severity === "error") ? "error" : "warn";
  output.note(renderDiagnostics(diagnostics, { width: output.noteColumns, style }), level);
  output.note(`${summarize(diagnostics)}. ${consequence}`.trimEnd(), level);
}
