/**
 * nginx's language: directives of words, which end with a semicolon or have a block; included files are read in place.
 *
 * @module
 */

import { type ImportContext, noteLoss, refuse, type Word } from "../reading.ts";
import type { Span } from "../../../../topology/parse/source.ts";

/** One directive. */
export interface Directive {
  readonly name: Word;
  readonly args: readonly Word[];
  /** Its block; null for one that ends with a semicolon. */
  readonly block: readonly Directive[] | null;
  readonly span: Span;
}

/** A blank, a comment, one of the signs, or a word; parts of a word may be quoted. */
const TOKEN =
  /(\s+|#[^\n]*)|([{};])|"((?:\\[^]|[^"\\])*)"|'((?:\\[^]|[^'\\])*)'|((?:\\[^]|\$\{[^}\s]*\}|[^\s{};\\])+)/y;
/** Files that include each other end here. */
const MAX_DEPTH = 10;
const MAX_DIRECTIVES = 200_000;

interface Token extends Word {
  readonly isSign: boolean;
}

/** Reads the main file, and what it includes. */
export function parseNginx(context: ImportContext, main: Span): readonly Directive[] {
  let count = 0;
  const read = (span: Span, depth: number): readonly Directive[] => {
    const tokens = tokensOf(context, span);
    let at = 0;
    const block = (isOuter: boolean): readonly Directive[] => {
      const directives: Directive[] = [];
      while (at < tokens.length) {
        const first = tokens[at];
        if (first === undefined) break;
        if (first.isSign && first.text === "}") {
          at++;
          if (!isOuter) return directives;
          fail(context, first.span, 'Unexpected "}"');
          continue;
        }
        const words: Word[] = [];
        for (; at < tokens.length && tokens[at]?.isSign === false; at++) words.push(tokens[at] ?? first);
        const end = tokens[at];
        at++;
        const [name, ...args] = words;
        const whole = { start: first.span.start, end: end?.span.end ?? words.at(-1)?.span.end ?? first.span.end };
        if (end === undefined || (end.text === "}" && words.length > 0)) {
          fail(context, whole, 'Directive does not end with ";"');
          return directives;
        }
        if (name === undefined) {
          if (end.text === "{") block(false);
          continue;
        }
        if (++count > MAX_DIRECTIVES) {
          fail(context, whole, `More than ${MAX_DIRECTIVES} directives`);
          at = tokens.length;
          return directives;
        }
        const inner = end.text === "{" ? block(false) : null;
        const [file] = args;
        if (name.text !== "include" || inner !== null || file === undefined) {
          directives.push({ name, args, block: inner, span: whole });
          continue;
        }
        const parts = context.included(file.text);
        if (parts.length === 0) {
          noteLoss(context, whole, `"include ${file.text}" is left out: no such file could be read`);
        }
        if (depth >= MAX_DEPTH) fail(context, whole, "Files include each other");
        else directives.push(...parts.flatMap((part) => read(part, depth + 1)));
      }
      if (!isOuter) {
        fail(
          context,
          { start: Math.max(span.start, span.end - 1), end: span.end },
          'Expected "}" before the end of the file',
        );
      }
      return directives;
    };
    return block(true);
  };
  return read(main, 0);
}

/** The names that a text includes. */
export function includesOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|[;{}\n])\s*include\s+("[^"]*"|'[^']*'|[^\s;]+)\s*;/g)].map(([, name = ""]) =>
    name.replace(/^(["'])(.*)\1$/, "$2")
  );
}

function tokensOf(context: ImportContext, { start, end }: Span): readonly Token[] {
  const text = context.file.text.slice(0, end);
  const tokens: Token[] = [];
  for (let at = start; at < end;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      fail(context, { start: at, end: at + 1 }, "Quoted text does not end");
      return tokens;
    }
    const [raw, blank, sign, double, single, word] = match;
    const span = { start: at, end: at + raw.length };
    at += raw.length;
    if (blank !== undefined) continue;
    const written = sign ?? (double ?? single ?? word ?? "").replace(/\\(["'\\ ;{}])/g, "$1");
    // Lua and njs have braces of their own.
    tokens.push({ text: written, span, isSign: sign !== undefined });
  }
  return tokens;
}

function fail(context: ImportContext, span: Span, message: string): void {
  refuse({ collector: context.whole }, span, message);
}
