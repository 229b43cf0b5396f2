/**
 * Common parts of all importers: lines with places, messages in canonical form, and reports.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import { AsciiError } from "../../../ascii/error.ts";
import { NetgraphError } from "../../../errors.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";
import { escapeReferences } from "../../../graph/core/reference.ts";
import type { GraphState, MessageState } from "../../../graph/data/state.ts";
import { type Diagnostic, DiagnosticCollector } from "../../../topology/parse/diagnostic.ts";
import { isName } from "./service.ts";
import type { SourceFile, Span } from "../../../topology/parse/source.ts";

/** Every note is listed: one that is not would be a silent change. */
export const MAX_NOTES = 100_000;

/** The context of an importer. */
export interface ImportContext {
  readonly file: SourceFile;
  readonly types: readonly NodeType[];
  /** The default name of the topology. */
  readonly name: string;
  /** The places of nodes and templates, by name: problems of the whole are reported there. */
  readonly places: Map<string, Span>;
  /** Receives errors, and warnings about differences. */
  readonly collector: DiagnosticCollector;
  /** Receives errors of the whole file, also while a part of it is imported. */
  readonly whole: DiagnosticCollector;
  /** The parts of the text that come from a file that another one names, by that name. */
  readonly included: (asked: string) => readonly Span[];
  /** Receives parts that are omitted as a whole. */
  readonly omitted: Omitted[];
}

/** A part of a file that is left out, and why. */
export interface Omitted {
  /** A rule, a server, a section with its name. */
  readonly what: string;
  readonly error: Diagnostic;
}

/**
 * Imports an independent part of a file: if something of it cannot be imported, all of it is omitted, and the rest of
 * the file is imported.
 *
 * @returns false if it is left out
 */
export function attempt(context: ImportContext, what: Omitted["what"], work: (inner: ImportContext) => void): boolean {
  const collector = new DiagnosticCollector(context.file, { mostListed: MAX_NOTES });
  work({ ...context, collector });
  const found = collector.list();
  const error = found.find(({ severity }) => severity === "error");
  if (error === undefined) { for (const one of found) context.collector.add(one.code, one.severity, one); }
  else context.omitted.push({ what, error });
  return error === undefined;
}

/** Parses a file; problems are added to the collector. */
export type Importer = (context: ImportContext) => readonly GraphState[];

/** A word of a line, and its place. */
export interface Word {
  readonly text: string;
  readonly span: Span;
}

/** A line of words. */
export interface WordLine {
  readonly words: readonly Word[];
  readonly span: Span;
}

/** Comments other than whole lines. */
export interface CommentRules {
  /** True for a line that is a comment. */
  readonly isComment: (line: string) => boolean;
  /** True if "#" starts a comment after other words too. */
  readonly trailing: boolean;
}

/** The lines of a file that have words. */
export function wordLines(file: SourceFile, { isComment, trailing }: CommentRules): readonly WordLine[] {
  let start = 0;
  return file.text.split("\n").flatMap((line) => {
    const at = start;
    start += line.length + 1;
    if (isComment(line)) return [];
    const all = [...line.matchAll(/\S+/g)].map((match): Word => {
      const begin = at + match.index;
      return { text: match[0], span: { start: begin, end: begin + match[0].length } };
    });
    const words = trailing ? withoutComment(all) : all;
    return words.length === 0 ? [] : [{ words, span: { start: at, end: at + line.trimEnd().length } }];
  });
}

/** A word of a shell: bare text and quoted parts. A backslash at a line's end continues on the next line. */
const SHELL_WORD = /(?:"(?:\\[^]|[^"\\])*"|'[^']*'|\\(?!\r?\n)[^]|[^\s"'\\])+/g;

/** The lines of a shell script: quotes are removed, a backslash at the end joins lines. */
export function shellLines(file: SourceFile): readonly WordLine[] {
  let start = 0;
  return file.text.split(/(?<!\\\r?)\n/).flatMap((line) => {
    const at = start;
    start += line.length + 1;
    if (/^\s*#/.test(line)) return [];
    const all = [...line.matchAll(SHELL_WORD)];
    const comment = all.findIndex(([raw]) => raw.startsWith("#"));
    const words = all.slice(0, comment < 0 ? undefined : comment).map((match): Word => {
      const [raw] = match;
      const begin = at + match.index;
      // Places inside a word that is quoted as a whole are exact, those after quotes in its middle are approximate.
      const quoted = /^["']/.test(raw) ? 1 : 0;
      return { text: unquoteShell(raw), span: { start: begin + quoted, end: begin + raw.length - quoted } };
    });
    return words.length === 0 ? [] : [{ words, span: { start: at, end: at + line.trimEnd().length } }];
  });
}

/** The words before one that begins a comment. */
function withoutComment(words: readonly Word[]): readonly Word[] {
  const comment = words.findIndex(({ text }) => text.startsWith("#"));
  return comment < 0 ? words : words.slice(0, comment);
}

function unquoteShell(raw: string): string {
  return raw.replace(/"((?:\\[^]|[^"\\])*)"|'([^']*)'|\\([^\n])/g, (_all, double, single, escaped) => {
    if (double !== undefined) return String(double).replace(/\\(["\\$`])/g, "$1");
    return String(single ?? escaped);
  });
}

/** A part of it has a different meaning here. */
export function noteChange({ collector }: Pick<ImportContext, "collector">, span: Span, message: string): void {
  collector.add("changed-meaning", "warning", { message, span });
}

/** A part of it is omitted. */
export function noteLoss({ collector }: Pick<ImportContext, "collector">, span: Span, message: string): void {
  collector.add("no-counterpart", "warning", { message, span });
}

/** A part of it cannot be parsed. */
export function refuse({ collector }: Pick<ImportContext, "collector">, span: Span, message: string): void {
  collector.add("bad-import", "error", { message, span });
}

/**
 * A message in canonical form.
 *
 * @throws AsciiError with an offset in the argument; NetgraphError EINVAL for an argument too many or none
 */
export function canonicalMessage(type: NodeType, command: string, argument: string | null): MessageState {
  const args = type.commands[command]?.args ?? null;
  const optional = type.commands[command]?.argsOptional === true;
  if (args === null) {
    if (argument === null) return { command, argument };
    throw new NetgraphError("EINVAL", `Message "${command}" accepts no argument`);
  }
  if (argument === null) {
    if (optional) return { command, argument };
    throw new NetgraphError("EINVAL", `Message "${command}" lacks its argument`);
  }
  return { command, argument: escapeReferences(args.format(parseText(args, argument))) };
}

/** Runs a check of a text at `at`. */
export function judged(context: Pick<ImportContext, "collector">, at: Span, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    if (!(error instanceof AsciiError)) return refuse(context, at, error.message);
    const start = Math.min(at.start + error.offset, at.end);
    const span = { start, end: Math.min(start + error.length, at.end) };
    context.collector.add("bad-import", "error", { message: error.message, span, hint: error.hint });
  }
}

/** The same for a text at `at` with different letters: errors refer to all of it. */
export function judgedWhole(context: Pick<ImportContext, "collector">, at: Span, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    const hint = error instanceof AsciiError ? error.hint : null;
    context.collector.add("bad-import", "error", { message: error.message, span: at, hint });
    return false;
  }
}

/**
 * Time-outs with a different default; reported once per file.
 *
 * @param span the first part of the file that connects
 */
export function noteTimeouts({ collector }: Pick<ImportContext, "collector">, span: Span, other: string): void {
  const message =
    `Timeouts differ: sockgraph ends a connect after 5 s, and a half-closed connection after 10 min without data; ${other}`;
  collector.add("other-default", "warning", {
    message,
    span,
    hint: "see setconfig: { connectTimeout, halfCloseTimeout }",
  });
}

/** A half-closed connection is treated differently by another tool. */
export function noteHalfClose({ collector }: Pick<ImportContext, "collector">, span: Span, other: string): void {
  collector.add("other-default", "warning", {
    message: `A half-close is forwarded, and the connection is closed after 10 m without data; ${other}`,
    span,
    hint: "see setconfig: { halfCloseTimeout }",
  });
}

/** Other tools look a name up in both families; here the address names one. */
export function noteName(context: Pick<ImportContext, "collector">, span: Span, host: string): void {
  if (!isName(host)) return;
  noteChange(context, span, `Name "${host}" is looked up as IPv4 alone: write inet6/${host} for IPv6`);
}

/** A file's stem as a topology's name. */
export function nameOfFile(file: string): string {
  const stem = file.slice(file.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  const name = stem.toLowerCase().replace(/[^a-z0-9-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63);
  return name === "" ? "imported" : name;
}
