/**
 * Tokens of netgraph's textual values, with their offsets.
 *
 * ```text
 * text  = ( blank | token )*
 * token = "{" | "}" | "[" | "]" | "=" | string | word
 * string = '"' ( any but '"' and '\' | '\' any )* '"'
 * word  = everything up to a blank or one of { } [ ] = "
 * ```
 *
 * Blanks are space, tab, newline, return, vertical tab and form feed. A comma is no separator but part of a word, so
 * that it always ends in a refusal, with {@linkcode commaHint} as advice.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import { AsciiError } from "./error.ts";

/** One token. `end` is the end of the text, `unterminated` a string without its closing quote. */
export interface Token {
  /** The kind. */
  readonly kind: "{" | "}" | "[" | "]" | "=" | "string" | "unterminated" | "word" | "end";
  /** The token as written, quotes included. */
  readonly text: string;
  /** Its start. */
  readonly offset: number;
  /** Its length as written. */
  readonly length: number;
}

/** The place of an error, if not that of the scanner, and its advice. */
export interface FailOptions {
  /** Its start. */
  readonly offset?: number;
  /** Its length. */
  readonly length?: number;
  /** Advice. */
  readonly hint?: string | null;
}

const BLANKS = /[ \t\n\r\v\f]*/y;
const WORD = /[^ \t\n\r\v\f{}[\]="]+/y;
const STRING = /"(?:[^"\\]|\\[^])*"/y;

/** Walks a text token by token. Its offset only grows and never passes the end. */
export class Scanner {
  /** The whole text. */
  readonly text: string;
  #offset = 0;
  #peeked: Token | null = null;

  /** True if the whole text is a word of YAML, whose errors use YAML's terms: list, mapping. */
  readonly inYaml: boolean;

  /** Begins at the start of `text`. */
  constructor(text: string, inYaml: boolean = false) {
    this.text = text;
    this.inYaml = inYaml;
  }

  /** The position of the scanner, in UTF-16 units from 0. */
  get offset(): number {
    return this.#offset;
  }

  /** Skips blanks. */
  skipBlanks(): void {
    this.match(BLANKS);
  }

  /** The next token, after blanks, without consuming it. */
  peek(): Token {
    this.skipBlanks();
    this.#peeked ??= this.#tokenAt(this.#offset);
    return this.#peeked;
  }

  /** Consumes the next token. At the end it stays there. */
  next(): Token {
    const token = this.peek();
    this.#moveTo(token.offset + token.length);
    return token;
  }

  /**
   * Consumes the match of a sticky pattern at this position, including blanks, for values with their own grammar.
   *
   * @returns the matched text, or null if it does not match
   */
  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#offset;
    const text = pattern.exec(this.text)?.[0] ?? null;
    if (text !== null && text !== "") this.#moveTo(this.#offset + text.length);
    return text;
  }

  /** True where a sticky pattern matches at this position; consumes nothing. */
  precedes(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    return pattern.test(this.text);
  }

  /** Consumes a token of this kind, or throws for any other. */
  expect(kind: Token["kind"], wanted: string): Token {
    const token = this.peek();
    if (token.kind !== kind) throw this.failAt(token, "EINVAL", `Expected ${wanted} but found ${describeToken(token)}`);
    return this.next();
  }

  /** Throws for anything but blanks after the value. */
  expectEnd(): void {
    const token = this.peek();
    if (token.kind === "end") return;
    throw this.fail("EINVAL", `Unexpected text "${shorten(this.text.slice(token.offset))}" after the value`, {
      offset: token.offset,
      length: this.text.trimEnd().length - token.offset,
      hint: commaHint(token.text),
    });
  }

  /** An error at the scanner's place, or at that of the options. */
  fail(code: ErrorCode, message: string, options: FailOptions = {}): AsciiError {
    const offset = Math.min(options.offset ?? this.#offset, this.text.length);
    const length = Math.max(0, Math.min(options.length ?? 0, this.text.length - offset));
    return new AsciiError(code, message, { offset, length, hint: options.hint ?? null });
  }

  /** An error at a token; a comma in it adds its advice unless there is a better one. */
  failAt(token: Token, code: ErrorCode, message: string, hint: string | null = null): AsciiError {
    return this.fail(code, message, {
      offset: token.offset,
      length: token.length,
      hint: hint ?? commaHint(token.text),
    });
  }

  /**
   * Skips the value at `offset`: a word, a string, or everything between two brackets.
   *
   * @returns false if no whole value is there
   */
  skipValue(offset: number): boolean {
    this.#moveTo(offset);
    const open: string[] = [];
    do {
      const { kind } = this.next();
      if (kind === "end" || kind === "unterminated") return false;
      if (kind === "{" || kind === "[") open.push(kind === "{" ? "}" : "]");
      else if ((kind === "}" || kind === "]") && open.pop() !== kind) return false;
    } while (open.length > 0);
    return true;
  }

  #moveTo(offset: number): void {
    this.#offset = offset;
    this.#peeked = null;
  }

  #tokenAt(offset: number): Token {
    const first = this.text[offset];
    switch (first) {
      case undefined:
        return { kind: "end", text: "", offset, length: 0 };
      case "{":
      case "}":
      case "[":
      case "]":
      case "=":
        return { kind: first, text: first, offset, length: 1 };
      case '"': {
        STRING.lastIndex = offset;
        const string = STRING.exec(this.text)?.[0];
        const text = string ?? this.text.slice(offset);
        return { kind: string === undefined ? "unterminated" : "string", text, offset, length: text.length };
      }
      default: {
        WORD.lastIndex = offset;
        const text = WORD.exec(this.text)?.[0] ?? first;
        return { kind: "word", text, offset, length: text.length };
      }
    }
  }
}

/** A token as an error message names it. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case "end":
      return "the end";
    case "unterminated":
      return `${shorten(token.text)} without its closing quote`;
    case "string":
      return shorten(token.text);
    default:
      return `"${shorten(token.text)}"`;
  }
}

/** The advice for values between commas. */
export const COMMA_HINT = "blanks separate values, not commas";

/** The advice for a word with a comma in it, or null. */
export function commaHint(word: string): string | null {
  return word.includes(",") ? COMMA_HINT : null;
}

/** The beginning of a text that may be long, for an error message. */
function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
