/**
 * The parts of a struct or an array, whether it comes as text or as a literal, so that every composite type is read
 * by one piece of code and errors point into the right one of both.
 *
 * ```text
 * struct = "{" ( name "=" value )* "}"
 * array  = "[" ( [ index "=" ] value )* "]"      no blank between index and "="
 * ```
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import { parseInteger } from "./number.ts";
import { parseText } from "./parse.ts";
import { describeToken, Scanner, type Token } from "./scanner.ts";
import { AsciiError } from "./error.ts";
import type { Literal } from "./literal.ts";
import type { AsciiType } from "./type.ts";

/** Where a composite value comes from. */
export type Source = Scanner | Literal;

/** One field of a struct or one element of an array. Whoever visits it reads it once, or throws. */
export interface Part {
  /** A field's name; an element's index as written, or empty where there is none. */
  readonly name: string;
  /** The value's word as written; empty for a struct or an array. */
  text(): string;
  /** Reads the value. */
  read<T>(type: AsciiType<T>): T;
  /** An error at the name (at an element's index). */
  failName(code: ErrorCode, message: string, hint?: string | null): AsciiError;
  /** An error at the value, once it was read. */
  failValue(code: ErrorCode, message: string, hint?: string | null): AsciiError;
}

/** The composite as a whole, once its parts were visited. */
export interface Whole {
  /** An error about what is missing: at the closing bracket. */
  fail(code: ErrorCode, message: string, hint?: string | null): AsciiError;
}

/**
 * Visits the fields of a struct in their order.
 *
 * @throws AsciiError EALREADY for a field that comes twice, EINVAL for what is no struct
 */
export function visitFields(source: Source, visit: (part: Part) => void): Whole {
  const seen = new Set<string>();
  const once = (part: Part): void => {
    if (seen.has(part.name)) throw part.failName("EALREADY", `Field "${part.name}" is set twice`);
    seen.add(part.name);
    visit(part);
  };
  if (source instanceof Scanner) return visitTextFields(source, once);
  if (source.kind !== "struct") throw refuseLiteral(source, "a struct such as { name=value }");
  for (const field of source.fields) once(literalPart(field.name, field.name, field.value));
  return literalWhole();
}

/**
 * Visits the elements of an array in their order.
 *
 * @throws AsciiError EINVAL for what is no array
 */
export function visitElements(source: Source, visit: (part: Part) => void): Whole {
  if (source instanceof Scanner) return visitTextElements(source, visit);
  if (source.kind !== "array") throw refuseLiteral(source, "an array such as [ 1 2 ]", listHint(source));
  source.elements.forEach((element, index) => visit(literalPart("", index, element)));
  return literalWhole();
}

/** Reads a composite: from a word by parsing its text, from everything else part by part. */
export function readComposite<T>(type: AsciiType<T>, literal: Literal, read: (source: Source) => T): T {
  return literal.kind === "word" ? parseText(type, literal.text) : read(literal);
}

/** Reads a scalar: only a word can be one. */
export function readWord<T>(type: AsciiType<T>, literal: Literal, read: (word: string) => T): T {
  if (literal.kind === "word") return read(literal.text);
  throw refuseLiteral(literal, wantedOf(type));
}

/** Reads a scalar whose word is parsed as text. */
export function readScalar<T>(type: AsciiType<T>, literal: Literal): T {
  return readWord(type, literal, (word) => parseText(type, word));
}

function visitTextFields(scanner: Scanner, visit: (part: Part) => void): Whole {
  requireBracket(scanner, "{", "a struct that begins with {");
  for (;;) {
    const token = scanner.peek();
    if (token.kind === "}") return textWhole(scanner);
    if (token.kind !== "word") {
      throw scanner.failAt(
        token,
        "EINVAL",
        `Expected a field's name or } but found ${describeToken(token)}`,
        endHint(token, "}"),
      );
    }
    const name = scanner.next();
    // The kernel looks for the name first: a stray comma is an unknown field, not a missing "=".
    if (scanner.peek().kind !== "=") {
      const code = /^\w+$/.test(name.text) ? "EINVAL" : "ENOENT";
      throw scanner.failAt(name, code, `Expected name=value but found "${name.text}"`);
    }
    scanner.next();
    visit(textPart(scanner, name));
  }
}

/** Advice where a text ends before its bracket is closed. */
function endHint(token: Token, closing: string): string | null {
  return token.kind === "end" ? `add ${closing}` : null;
}

/** `allow=10.0.0.0/8` and YAML's `allow: 10.0.0.0/8, 10.1.0.0/16`: elements without their brackets. */
function requireBracket(scanner: Scanner, bracket: "{" | "[", wanted: string): void {
  const token = scanner.peek();
  if (token.kind === bracket) scanner.next();
  else if (token.kind !== "word") scanner.expect(bracket, wanted);
  else {
    const text = token.offset === 0 ? scanner.text.trim() : token.text;
    const fields = token.offset === 0 && /^\w+\s*=/.test(text) ? `write { ${text} }` : "such as { name=value }";
    // Braces inside brackets need quotes, here and in YAML.
    const element = /[{}[\]=]/.test(text) && !/["\\]/.test(text) ? `"${text}"` : text;
    const hint = bracket === "{" ? fields : `put it in brackets: [${element}]`;
    throw scanner.failAt(token, "EINVAL", `Expected ${wanted} but found "${token.text}"`, hint);
  }
}

function visitTextElements(scanner: Scanner, visit: (part: Part) => void): Whole {
  requireBracket(scanner, "[", "an array that begins with [");
  for (;;) {
    const token = scanner.peek();
    if (token.kind === "]") return textWhole(scanner);
    if (token.kind === "end" || token.kind === "}" || token.kind === "=") {
      throw scanner.failAt(
        token,
        "EINVAL",
        `Expected an element or ] but found ${describeToken(token)}`,
        endHint(token, "]"),
      );
    }
    const isIndex = token.kind === "word" && scanner.text[token.offset + token.length] === "=";
    if (!isIndex) {
      visit(textPart(scanner, { ...token, text: "" }));
      continue;
    }
    parseInteger(scanner, scanner.next(), { octal: true });
    scanner.next();
    visit(textPart(scanner, token));
  }
}

function textPart(scanner: Scanner, token: Token): Part {
  let offset = scanner.offset;
  let length = 0;
  return {
    name: token.text,
    text: () => /^[^\s{}[\]="]*/.exec(scanner.text.slice(offset))?.[0] ?? "",
    read: (type) => {
      offset = scanner.peek().offset;
      const value = type.parse(scanner);
      length = scanner.offset - offset;
      return value;
    },
    failName: (code, message, hint = null) => scanner.failAt(token, code, message, hint),
    failValue: (code, message, hint = null) => scanner.fail(code, message, { offset, length, hint }),
  };
}

function textWhole(scanner: Scanner): Whole {
  const { offset } = scanner.next();
  return { fail: (code, message, hint = null) => scanner.fail(code, message, { offset, hint }) };
}

function literalPart(name: string, key: string | number, literal: Literal): Part {
  const fail = (code: ErrorCode, message: string, hint: string | null = null): AsciiError => {
    return new AsciiError(code, message, {
      path: [key],
      hint,
      length: literal.kind === "word" ? literal.text.length : 0,
    });
  };
  return {
    name,
    text: () => literal.kind === "word" ? literal.text : "",
    read: (type) => {
      try {
        return type.read(literal);
      } catch (error) {
        throw error instanceof AsciiError ? withinPath(key, error) : error;
      }
    },
    failName: fail,
    failValue: fail,
  };
}

function literalWhole(): Whole {
  return { fail: (code, message, hint = null) => new AsciiError(code, message, { hint }) };
}

function withinPath(key: string | number, error: AsciiError): AsciiError {
  const { offset, length, hint } = error;
  return new AsciiError(error.code, error.message, { offset, length, hint, path: [key, ...error.path] });
}

/** `messages: { setopt: … }`, where each field is to be an element. */
function listHint(literal: Literal): string | null {
  const [first] = literal.kind === "struct" ? literal.fields : [];
  return first === undefined ? null : `write a list: - ${first.name}: …`;
}

function refuseLiteral(literal: Literal, wanted: string, hint: string | null = null): AsciiError {
  const length = literal.kind === "word" ? literal.text.length : 0;
  const found = { word: "a word", struct: "a struct", array: "an array", none: "nothing" }[literal.kind];
  return new AsciiError("EINVAL", `Expected ${wanted} but found ${found}`, { length, hint });
}

function wantedOf(type: AsciiType<unknown>): string {
  const { description } = type;
  switch (description.kind) {
    case "enum":
      return `one of ${description.words.join(", ")}`;
    case "named":
      return `${description.name} such as ${description.examples[0] ?? "its text"}`;
    case "integer":
      return "an integer";
    default:
      return `a ${description.kind}`;
  }
}
