/**
 * Diagnostics as text: the place, the line, and a caret under the problem.
 *
 * ```
 * web.yaml:9:7 error[unknown-key]: Unknown key "mesages" in node "front"
 *   9 |       mesages:
 *     |       ^^^^^^^ did you mean "messages"?
 * ```
 *
 * @module
 */

import { charactersOf, displayWidth } from "../../display_width.ts";
import { printable } from "../../printable.ts";
import { type Diagnostic, placeOf } from "./diagnostic.ts";
import { fileNameAt, lineAt, positionAt, type SourceFile, type Span } from "./source.ts";

/** The colours of the parts of a diagnostic. */
export interface DiagnosticStyle {
  /** The word `error` and its code. */
  error(text: string): string;
  /** The word `warning` and its code. */
  warning(text: string): string;
  /** The caret and the advice after it. */
  caret(text: string): string;
  /** Line numbers and bars. */
  gutter(text: string): string;
}

/** The settings of the output. */
export interface RenderOptions {
  /** The terminal's width in cells; longer lines are shortened around the caret. */
  readonly width?: number;
  /** Colours; none by default. */
  readonly style?: DiagnosticStyle;
}

const PLAIN: DiagnosticStyle = {
  error: (text) => text,
  warning: (text) => text,
  caret: (text) => text,
  gutter: (text) => text,
};
const DEFAULT_WIDTH = 120;
/** The minimum width of a line, even in a narrow terminal. */
const LEAST_WIDTH = 20;
/** A limit of units per cell, above that of any usual text. */
const UNITS_PER_CELL = 8;
/** Line numbers are set to at least this width, so that the carets of one file are aligned. */
const NUMBER_WIDTH = 3;

/**
 * One diagnostic as lines, without a line end after the last.
 *
 * @example
 * ```ts
 * import { decodeSource, renderDiagnostic } from "@sockgraph/sockgraph";
 *
 * const decoded = decodeSource("web.yaml", new Uint8Array([0xff]));
 * if (!decoded.ok) console.log(decoded.diagnostics.map((one) => renderDiagnostic(one)).join("\n"));
 * ```
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const { width = DEFAULT_WIDTH, style = PLAIN } = options;
  const { file, code, severity, message, span, hint, related } = diagnostic;
  const at = placeOf(diagnostic);
  const name = printable(at === null ? file.name : fileNameAt(file, at));
  const place = at === null ? name : `${name}:${formatPlace(file, at)}`;
  const label = style[severity](`${severity}[${code}]`);
  const lines = [`${place} ${label}: ${printable(message)}`];
  const advice = hint === null ? null : printable(hint);
  if (span !== null) lines.push(...snippet(file, span, { note: advice, width, style }));
  else if (advice !== null) lines.push(`${" ".repeat(NUMBER_WIDTH + 1)}${style.caret(advice)}`);
  for (const { span, message } of related) {
    const other = fileNameAt(file, span.start);
    if (at !== null && other !== fileNameAt(file, at)) {
      lines.push(`${printable(other)}:${formatPlace(file, span.start)}`);
    }
    lines.push(...snippet(file, span, { note: printable(message), width, style }));
  }
  return lines.join("\n");
}

/**
 * Several diagnostics, one below the other.
 *
 * @example
 * ```ts
 * import { decodeSource, renderDiagnostics } from "@sockgraph/sockgraph";
 *
 * const decoded = decodeSource("web.yaml", new Uint8Array([0xff]));
 * if (!decoded.ok) console.log(renderDiagnostics(decoded.diagnostics, { width: 80 }));
 * ```
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  return diagnostics.map((one) => renderDiagnostic(one, options)).join("\n");
}

function formatPlace(file: SourceFile, offset: number): string {
  const { line, column } = positionAt(file, offset);
  return `${line}:${column}`;
}

interface SnippetOptions {
  readonly note: string | null;
  readonly width: number;
  readonly style: DiagnosticStyle;
}

function snippet(file: SourceFile, span: Span, { note, width, style }: SnippetOptions): readonly string[] {
  const line = lineAt(file, span.start);
  const number = `${line.number}`.padStart(NUMBER_WIDTH);
  const blank = " ".repeat(number.length);
  const start = Math.min(span.start - line.start, line.text.length);
  const end = Math.max(start, Math.min(span.end - line.start, line.text.length));
  const shown = frame(line.text, { start, end }, Math.max(LEAST_WIDTH, width - number.length - 3));
  const marks = "^".repeat(Math.max(1, shown.caretWidth));
  const advice = note === null ? marks : `${marks} ${note}`;
  return [
    `${style.gutter(`${number} |`)} ${shown.text}`.trimEnd(),
    `${style.gutter(`${blank} |`)} ${" ".repeat(shown.indent)}${style.caret(advice)}`,
  ];
}

interface Framed {
  readonly text: string;
  /** Cells before the caret. */
  readonly indent: number;
  readonly caretWidth: number;
}

/** The part of a line around the caret that fits; `…` replaces omitted text. */
function frame(whole: string, place: Span, width: number): Framed {
  const { line, span } = nearby(whole, place, width);
  const before = cellsOf(line.slice(0, span.start), 0);
  const marked = cellsOf(line.slice(span.start, span.end), widthOf(before));
  const after = cellsOf(line.slice(span.end), widthOf(before) + widthOf(marked));
  const cells = [...before, ...marked, ...after];
  if (widthOf(cells) <= width) {
    return { text: cells.join(""), indent: widthOf(before), caretWidth: widthOf(marked) };
  }
  const room = width - 2;
  const kept = takeCells(marked, room);
  const spare = room - widthOf(kept);
  const left = takeCells(before.toReversed(), Math.max(Math.floor(spare / 2), spare - widthOf(after))).toReversed();
  const right = takeCells(after, spare - widthOf(left));
  const cutLeft = left.length < before.length ? "…" : "";
  const cutRight = kept.length < marked.length || right.length < after.length ? "…" : "";
  return {
    text: [cutLeft, ...left, ...kept, ...right, cutRight].join(""),
    indent: widthOf(left) + cutLeft.length,
    caretWidth: widthOf(kept),
  };
}

/** As much of a line around the caret as could be shown: a line may have several MiB. */
function nearby(line: string, { start, end }: Span, width: number): { readonly line: string; readonly span: Span } {
  const reach = width * UNITS_PER_CELL;
  const from = start <= reach ? 0 : start - reach;
  const to = Math.min(end, start + reach) + reach;
  if (from === 0 && to >= line.length) return { line, span: { start, end } };
  return { line: line.slice(from, to), span: { start: start - from, end: Math.min(end, to) - from } };
}

function takeCells(cells: readonly string[], width: number): readonly string[] {
  let used = 0;
  const end = cells.findIndex((cell) => (used += displayWidth(cell)) > width);
  return end === -1 ? cells : cells.slice(0, end);
}

function widthOf(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + displayWidth(cell), 0);
}

const TAB_WIDTH = 4;

/**
 * A text as printable characters, one element each.
 *
 * @param column the cells before it, which determine the width of a tab
 */
export function cellsOf(text: string, column: number): readonly string[] {
  const cells: string[] = [];
  let at = column;
  for (const character of charactersOf(text)) {
    if (character === "\t") {
      const width = TAB_WIDTH - at % TAB_WIDTH;
      for (let blank = 0; blank < width; blank++) cells.push(" ");
      at += width;
      continue;
    }
    const cell = Array.from(character, visible).join("");
    cells.push(cell);
    at += displayWidth(cell);
  }
  return cells;
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // The symbol for an escape has an octet that begins a sequence on terminals without UTF-8.
  if (code === 0x1b) return "\ufffd";
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if (code >= 0x80 && code < 0xa0) return "\ufffd";
  // Characters that change the writing direction would move the caret, and the text.
  if (printable(character) !== character) return "\ufffd";
  return character;
}
