/**
 * What all importers share: lines with places, messages in canonical form, and what there is to tell.
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

/** The forms that can be imported. */
export const IMPORT_FORMATS = ["ngctl", "socat", "rinetd"] as const;

/** Every note is listed: one that is not would be a silent change. */
export const MOST_NOTES = 100_000;

/** One of {@linkcode IMPORT_FORMATS}. */
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** What an importer works with. */
export interface ImportContext {
  readonly file: SourceFile;
  readonly types: readonly NodeType[];
  /** What the topology is called where the file does not say. */
  readonly name: string;
  /** Where nodes and templates come from, by name: what is wrong with the whole is told there. */
  readonly places: Map<string, Span>;
  /** Takes errors, and as warnings what means something else now. */
  readonly collector: DiagnosticCollector;
  /** Takes what is left out as a whole. */
  readonly leftOut: LeftOut[];
}

/** A part of a file that is left out, and why. */
export interface LeftOut {
  /** What the file calls it. */
  readonly what: "rule" | "line" | "pattern";
  readonly error: Diagnostic;
}

/**
 * Carries out a part of a file that stands by itself: where something of it cannot be imported, all of it is left out,
 * and the rest of the file is imported.
 *
 * @returns false where it is left out
 */
export function attempt(context: ImportContext, what: LeftOut["what"], work: (inner: ImportContext) => void): boolean {
  const collector = new DiagnosticCollector(context.file, { mostListed: MOST_NOTES });
  work({ ...context, collector });
  const told = collector.list();
  const error = told.find(({ severity }) => severity === "error");
  if (error === undefined) { for (const one of told) context.collector.add(one.code, one.severity, one); }
  else context.leftOut.push({ what, error });
  return error === undefined;
}

/** Reads a file; what is wrong with it is told to the collector. */
export type Importer = (context: ImportContext) => readonly GraphState[];

/** A word of a line, and where it stands. */
export interface Word {
  readonly text: string;
  readonly span: Span;
}

/** A line of words. */
export interface WordLine {
  readonly words: readonly Word[];
  readonly span: Span;
}

/** What is a comment, besides a line that is one. */
export interface CommentRules {
  /** True for a line that is a comment. */
  readonly isComment: (line: string) => boolean;
  /** True where "#" begins a comment behind other words too. */
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

/** A word of a shell: bare text and quoted parts. A backslash at a line's end goes on with the next line. */
const SHELL_WORD = /(?:"(?:\\[^]|[^"\\])*"|'[^']*'|\\(?!\r?\n)[^]|[^\s"'\\])+/g;

/** The lines of a shell script: quotes are taken off, a backslash at the end joins lines. */
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
      // Places inside a word that is quoted as a whole are right, those behind quotes in its middle are near.
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

/** Something of it means something else here. */
export function noteChange({ collector }: Pick<ImportContext, "collector">, span: Span, message: string): void {
  collector.add("changed-meaning", "warning", { message, span });
}

/** Something of it is left out. */
export function noteLoss({ collector }: Pick<ImportContext, "collector">, span: Span, message: string): void {
  collector.add("no-counterpart", "warning", { message, span });
}

/** Something of it cannot be read. */
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
    throw new NetgraphError("EINVAL", `Message "${command}" takes no argument`);
  }
  if (argument === null) {
    if (optional) return { command, argument };
    throw new NetgraphError("EINVAL", `Message "${command}" lacks its argument`);
  }
  return { command, argument: escapeReferences(args.format(parseText(args, argument))) };
}

/** Does what may find fault with a text that stands at `at`. */
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

/** The same for what stands at `at`, but not letter by letter: all of it is pointed at. */
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
 * Time-outs that differ where a file says nothing of them; told once a file.
 *
 * @param span the first part of the file that connects
 */
export function noteTimeouts({ collector }: Pick<ImportContext, "collector">, span: Span, other: string): void {
  const message =
    `Timeouts differ: a connect fails after 5 s, and a half-closed connection is closed after 10 m without data; ${other}`;
  collector.add("other-default", "warning", {
    message,
    span,
    hint: "see setconfig: { connectTimeout, halfCloseTimeout }",
  });
}

/** Other tools look a name up in both families; here the address says in which. */
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
