/**
 * The parts of a struct or an array, from a text or from a literal, so that every composite type has one parser and
 * errors refer to the right one of both.
 *
 * ```text
 * struct = "{" ( name "=" value )* "}"
 * array  = "[" ( [ index "=" ] value )* "]"      no blank between index and "="
 * ```
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import { listChoices } from "./near.ts";
import { parseInteger } from "./number.ts";
import { COMMA_HINT, describeToken, Scanner, type Token } from "./scanner.ts";
import { AsciiError, AsciiErrors } from "./error.ts";
import type { Literal } from "./literal.ts";
import type { AsciiType } from "./type.ts";

/** The source of a composite value. */
export type Source = Scanner | Literal;

/** One field of a struct or one element of an array. A visitor parses it once, or throws. */
export interface Part {
  /** A field's name; an element's index as written, or empty if there is none. */
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
 * Visits the fields of a struct in their order. A field that is wrong does not keep the others from being read.
 *
 * @param errors collects the errors of fields, which the caller throws; without it this function throws them
 * @throws AsciiError EALREADY for a repeated field, EINVAL if it is not a struct
 */
export function visitFields(source: Source, visit: (part: Part) => void, errors?: AsciiErrors): Whole {
  const sink = errors ?? new AsciiErrors();
  const whole = visitAll(sink, () => visitEachField(source, visit, sink));
  if (errors === undefined) sink.throwAny();
  return whole;
}

function visitEachField(source: Source, visit: (part: Part) => void, errors: AsciiErrors): Whole {
  const seen = new Set<string>();
  const once = (part: Part): void => {
    if (seen.has(part.name)) throw part.failName("EALREADY", `Field "${part.name}" is set twice`);
    seen.add(part.name);
    visit(part);
  };
  if (source instanceof Scanner) return visitTextFields(source, once, errors);
  if (source.kind !== "struct") throw refuseLiteral(source, "a mapping, such as { name: value },");
  for (const field of source.fields) errors.attempt(() => once(literalPart(field.name, field.name, field.value)));
  return literalWhole();
}

/** Throws what was found before something that ends the reading, together with that. */
function visitAll(errors: AsciiErrors, visit: () => Whole): Whole {
  try {
    return visit();
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    errors.add(error);
    errors.throwAny();
    throw error;
  }
}

/**
 * Visits the elements of an array in their order. An element that is wrong does not keep the others from being read.
 *
 * @throws AsciiError EINVAL for what is no array
 */
export function visitElements(source: Source, visit: (part: Part) => void): Whole {
  const errors = new AsciiErrors();
  const whole = visitAll(errors, () => visitEachElement(source, visit, errors));
  errors.throwAny();
  return whole;
}

function visitEachElement(source: Source, visit: (part: Part) => void, errors: AsciiErrors): Whole {
  if (source instanceof Scanner) return visitTextElements(source, visit, errors);
  if (source.kind !== "array") throw refuseLiteral(source, "a list", listHint(source));
  source.elements.forEach((element, index) => errors.attempt(() => visit(literalPart("", index, element))));
  return literalWhole();
}

/**
 * After a field there must be the next one, or an end. Any other text is an error with the same cause as the field's.
 */
const BEHIND_FIELD = /\s*($|\}|[^\s{}[\]="]+\s*=)/y;
const BEHIND_ELEMENT = /\s*/y;

interface TextPlace {
  readonly scanner: Scanner;
  readonly errors: AsciiErrors;
  /** The tokens after which parsing can continue behind a wrong part. */
  readonly behind: RegExp;
}

/** Visits a part of a text; after a wrong one, parsing continues at the end of its value. */
function visitTextPart({ scanner, errors, behind }: TextPlace, visit: () => void): void {
  const { offset } = scanner;
  try {
    visit();
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    // After a comma all values are wrong for the same cause.
    if (error.hint === COMMA_HINT || !scanner.skipValue(offset) || !scanner.precedes(behind)) throw error;
    errors.add(error);
  }
}

/** Parses a composite: a word as text, other literals part by part. */
export function readComposite<T>(type: AsciiType<T>, literal: Literal, read: (literal: Literal) => T): T {
  if (literal.kind !== "word") return read(literal);
  return parseWhole(type, new Scanner(literal.text, true));
}

function parseWhole<T>(type: AsciiType<T>, scanner: Scanner): T {
  const value = type.parse(scanner);
  scanner.expectEnd();
  return value;
}

/** Reads a scalar: only a word can be one. */
export function readWord<T>(type: AsciiType<T>, literal: Literal, read: (word: string) => T): T {
  if (literal.kind === "word") return read(literal.text);
  throw refuseLiteral(literal, wantedOf(type));
}

/** Parses a scalar whose word is parsed as text. */
export function readScalar<T>(type: AsciiType<T>, literal: Literal): T {
  return readWord(type, literal, (word) => parseWhole(type, new Scanner(word)));
}

function visitTextFields(scanner: Scanner, visit: (part: Part) => void, errors: AsciiErrors): Whole {
  requireBracket(scanner, "{", { ascii: "a struct that begins with {", yaml: "a mapping" });
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
    // The kernel parses the name first: a stray comma is an unknown field, not a missing "=".
    if (scanner.peek().kind !== "=") {
      const code = /^\w+$/.test(name.text) ? "EINVAL" : "ENOENT";
      throw scanner.failAt(name, code, `Expected name=value but found "${name.text}"`);
    }
    scanner.next();
    visitTextPart({ scanner, errors, behind: BEHIND_FIELD }, () => visit(textPart(scanner, name)));
  }
}

/** Advice where a text ends before its bracket is closed. */
function endHint(token: Token, closing: string): string | null {
  return token.kind === "end" ? `add ${closing}` : null;
}

/** `allow=10.0.0.0/8` and YAML's `allow: 10.0.0.0/8, 10.1.0.0/16`: elements without their brackets. */
function requireBracket(
  scanner: Scanner,
  bracket: "{" | "[",
  names: { readonly ascii: string; readonly yaml: string },
): void {
  const token = scanner.peek();
  // Inside the brackets of a text everything has the ASCII form.
  const isYaml = scanner.inYaml && scanner.text.slice(0, token.offset).trim() === "";
  const wanted = isYaml ? names.yaml : names.ascii;
  if (token.kind === bracket) scanner.next();
  else if (isYaml && token.kind === "end") {
    throw scanner.failAt(token, "EINVAL", `Expected ${wanted} but found ""`);
  } else if (token.kind !== "word") scanner.expect(bracket, wanted);
  else {
    const text = token.offset === 0 ? scanner.text.trim() : token.text;
    const fields = token.offset === 0 && /^\w+\s*=/.test(text) ? `write { ${text} }` : "such as { name=value }";
    // Braces inside brackets need quotes, here and in YAML.
    const element = /[{}[\]=]/.test(text) && !/["\\]/.test(text) ? `"${text}"` : text;
    const hint = bracket === "{" ? fields : `put it in brackets: [${element}]`;
    throw scanner.failAt(token, "EINVAL", `Expected ${wanted} but found "${token.text}"`, hint);
  }
}

function visitTextElements(scanner: Scanner, visit: (part: Part) => void, errors: AsciiErrors): Whole {
  requireBracket(scanner, "[", { ascii: "an array that begins with [", yaml: "a list" });
  const place = { scanner, errors, behind: BEHIND_ELEMENT };
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
      visitTextPart(place, () => visit(textPart(scanner, { ...token, text: "" })));
      continue;
    }
    parseInteger(scanner, scanner.next(), { octal: true });
    scanner.next();
    visitTextPart(place, () => visit(textPart(scanner, token)));
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
  return error.moved(({ path }) => ({ path: [key, ...path] }));
}

/** `messages: { setopt: … }`, where each field is to be an element. */
function listHint(literal: Literal): string | null {
  const [first] = literal.kind === "struct" ? literal.fields : [];
  if (first === undefined) return null;
  return first.value.kind === "array"
    ? `remove "${first.name}:", so that the list remains`
    : `write a list: - ${first.name}: …`;
}

function refuseLiteral(literal: Literal, wanted: string, hint: string | null = null): AsciiError {
  const length = literal.kind === "word" ? literal.text.length : 0;
  const found = { word: "a word", struct: "a mapping", array: "a list", none: "nothing" }[literal.kind];
  return new AsciiError("EINVAL", `Expected ${wanted} but found ${found}`, { length, hint });
}

function wantedOf(type: AsciiType<unknown>): string {
  const { description } = type;
  switch (description.kind) {
    case "enum":
      return listChoices(description.words);
    case "named":
      return `${description.name} such as ${description.examples[0] ?? "its text"}`;
    case "integer":
      return "an integer";
    default:
      return description.kind === "array"
        ? "a list"
        : `a ${description.kind === "struct" ? "mapping" : description.kind}`;
  }
}
