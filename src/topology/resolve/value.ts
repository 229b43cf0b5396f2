/**
 * Values of messages: as literals for the types that read them, and back from a type's complaint to a place.
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

/** What stands for a word in a literal, given the word's type where that is known. */
export type WordText = (word: Interpolated, description: TypeDescription | null) => string;

/** A value as a type reads it. */
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

/** A text that a value of this type could be: it stands for a reference when the rest of a message is checked. */
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

/** Where a type's complaint points. */
export interface Trouble {
  readonly span: Span;
  /** The word that is complained about; null for a struct, an array or a name. */
  readonly word: Interpolated | null;
}

/** Where in the file an error about a literal points. */
export function locateError(file: SourceFile, value: Value, error: AsciiError): Trouble {
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

/** Where in a word an error points; all of it where the error names no part. */
export function placeInWord(file: SourceFile, word: Interpolated, { offset, length }: AsciiError): Span {
  return spanInInterpolated(file, word, { start: offset, end: offset + length });
}

/** The code for what a type complains about. */
export function codeOfError(error: AsciiError, description: TypeDescription): DiagnosticCode {
  if (error.code === "ENOSYS") return "unknown-message";
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
  // A message inside an argument: the step is its command.
  if (description?.kind === "named" && typeof step === "string") return description.argumentOf?.(step) ?? null;
  return null;
}
