/**
 * Values of messages: as literals for the types that parse them, and the places of a type's errors.
 *
 * @module
 */

import type { TypeDescription } from "../../ascii/description.ts";
import type { AsciiError } from "../../ascii/error.ts";
import type { Literal } from "../../ascii/literal.ts";
import type { DiagnosticCode } from "../parse/diagnostic.ts";
import type { Value } from "../parse/declaration.ts";
import type { SourceFile, Span } from "../parse/source.ts";
import {
  type Interpolated,
  type PlacedReference,
  placedReferences,
  spanInInterpolated,
} from "../parse/interpolation.ts";

/** The replacement of a word in a literal, with the word's type if that is known. */
export type WordText = (word: Interpolated, description: TypeDescription | null) => string;

/** A value as a type parses it. */
export function literalOf(value: Value, textOf: WordText, description: TypeDescription | null = null): Literal {
  switch (value.kind) {
    case "none":
      return { kind: "none" };
    case "word":
      return { kind: "word", text: textOf(value.word, description) };
    case "struct": {
      const fields = value.fields.map(({ name, value: field }) => {
        return { name: name.text, value: literalOf(field, textOf, partOf(description, name.text)) };
      });
      return { kind: "struct", fields };
    }
    case "array": {
      const element = partOf(description, 0);
      return { kind: "array", elements: value.elements.map((each) => literalOf(each, textOf, element)) };
    }
  }
}

/** Every word of a value. */
export function wordsOf(value: Value): readonly Interpolated[] {
  switch (value.kind) {
    case "none":
      return [];
    case "word":
      return [value.word];
    case "struct":
      return value.fields.flatMap((field) => wordsOf(field.value));
    case "array":
      return value.elements.flatMap(wordsOf);
  }
}

/** Every reference of a value. */
export function referencesOf(file: SourceFile, value: Value): readonly PlacedReference[] {
  return wordsOf(value).flatMap((word) => placedReferences(file, word));
}

/** A sample value of this type: it replaces a reference when the rest of a message is checked. */
export function sampleText(word: Interpolated, description: TypeDescription | null): string {
  if (word.references.length === 0) return word.text;
  const whole = word.references[0]?.start === 0 && word.references[0].end === word.text.length;
  if (!whole || description === null) return word.text.replaceAll(/\$\{[^}]*\}/g, "1");
  switch (description.kind) {
    case "enum":
      return description.words[0] ?? "1";
    case "named":
      return description.examples[0] ?? "1";
    case "struct":
      return "{}";
    case "array":
    case "octets":
      return "[]";
    default:
      return "1";
  }
}

/** The place of a type's error. */
export interface ErrorPlace {
  readonly span: Span;
  /** The word with the error; null for a struct, an array or a name. */
  readonly word: Interpolated | null;
}

/** The place in the file of an error in a literal. */
export function locateError(file: SourceFile, value: Value, error: AsciiError): ErrorPlace {
  let at = value;
  for (const [depth, step] of error.path.entries()) {
    const next = stepInto(at, step);
    if (next === null) break;
    const isLast = depth === error.path.length - 1;
    if (isLast && next.name !== null && isAboutName(error, next.name.text)) {
      return { span: next.name.span, word: null };
    }
    at = next.value;
  }
  if (at.kind !== "word") return { span: at.span, word: null };
  return { span: placeInWord(file, at.word, error), word: at.word };
}

/** The place of an error in a word; the whole word if the error names no part. */
export function placeInWord(file: SourceFile, word: Interpolated, { offset, length }: AsciiError): Span {
  return spanInInterpolated(file, word, { start: offset, end: offset + length });
}

/** The code of a type's error. */
export function codeOfError(error: AsciiError, description: TypeDescription): DiagnosticCode {
  if (error.code === "ENOSYS") return "unknown-message";
  if (error.code === "ENOENT") return "unknown-field";
  let at: TypeDescription | null = description;
  for (const step of error.path) {
    if (at?.kind === "struct" && typeof step === "string" && partOf(at, step) === null) return "unknown-field";
    at = partOf(at, step);
  }
  switch (at?.kind) {
    case "named":
      return /addr/i.test(at.name) ? "bad-address" : "bad-argument";
    case "integer":
      return "bad-number";
    case "enum":
      return "bad-word";
    default:
      return "bad-argument";
  }
}

function isAboutName(error: AsciiError, name: string): boolean {
  const names = ["ENOENT", "EALREADY", "ENOSYS"].includes(error.code);
  return names && error.offset === 0 && error.message.includes(`"${name}"`);
}

function stepInto(
  value: Value,
  step: string | number,
): { name: { text: string; span: Span } | null; value: Value } | null {
  if (value.kind === "struct") return value.fields.find((field) => field.name.text === step) ?? null;
  if (value.kind !== "array" || typeof step !== "number") return null;
  const element = value.elements[step];
  return element === undefined ? null : { name: null, value: element };
}

function partOf(description: TypeDescription | null, step: string | number): TypeDescription | null {
  if (description?.kind === "struct") return description.fields.find((field) => field.name === step)?.type ?? null;
  if (description?.kind === "dictionary" || description?.kind === "array") return description.element;
  // A message inside an argument: the step of the path is its command.
  if (description?.kind === "named") return description.argumentOf?.(String(step)) ?? null;
  return null;
}
