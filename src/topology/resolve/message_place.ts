/**
 * Places inside a message: the words and fields to which a check refers.
 *
 * @module
 */

import type { Value } from "../parse/declaration.ts";
import type { ResolvedMessage } from "./resolved.ts";
import type { Span } from "../parse/source.ts";
import type { Interpolated } from "../parse/interpolation.ts";

/** The word of a message for a parameter of a template; null if it is part of a longer text. */
export function parameterWord({ declaration: { argument } }: ResolvedMessage, name: string): Interpolated | null {
  if (argument.kind !== "literal") return null;
  const given = fieldOf(fieldOf(argument.value, "with"), name);
  return given?.kind === "word" ? given.word : null;
}

function fieldOf(value: Value | null, name: string): Value | null {
  if (value?.kind !== "struct") return null;
  return value.fields.find((field) => field.name.text === name)?.value ?? null;
}

/** The place of a word of the argument; the message if it is not a separate word. */
export function placeOfWord({ declaration: { argument, span } }: ResolvedMessage, text: string): Span {
  return argument.kind === "literal" ? findWord(argument.value, text) ?? span : span;
}

function findWord(value: Value, text: string): Span | null {
  switch (value.kind) {
    case "none":
      return null;
    case "word":
      return value.word.text === text ? value.span : null;
    case "struct":
      return firstOf(value.fields, (field) => findWord(field.value, text));
    case "array":
      return firstOf(value.elements, (element) => findWord(element, text));
  }
}

/** The place of a part of the argument: a field's name, or an element; the message if it is unknown. */
export function placeOfPath(
  { declaration: { argument, span } }: ResolvedMessage,
  path: readonly (string | number)[],
): Span {
  let place = span;
  let at = argument.kind === "literal" ? argument.value : null;
  for (const step of path) {
    const field = at?.kind === "struct" ? at.fields.find(({ name }) => name.text === step) : undefined;
    at = field?.value ?? (at?.kind === "array" && typeof step === "number" ? at.elements[step] ?? null : null);
    if (at === null) break;
    place = field?.name.span ?? at.span;
  }
  return place;
}

/** The place of the name of a field of the argument. */
export function placeOfField({ declaration: { argument, span } }: ResolvedMessage, name: string): Span {
  return argument.kind === "literal" ? findField(argument.value, name) ?? span : span;
}

function findField(value: Value, name: string): Span | null {
  if (value.kind === "array") return firstOf(value.elements, (element) => findField(element, name));
  if (value.kind !== "struct") return null;
  // The deepest one counts: parameters are inside `with`.
  return firstOf(value.fields, (field) => findField(field.value, name)) ??
    firstOf(value.fields, (field) => field.name.text === name ? field.name.span : null);
}

function firstOf<T>(items: readonly T[], find: (item: T) => Span | null): Span | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
