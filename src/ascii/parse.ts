/**
 * Whole texts and literals: the two entry points for values.
 *
 * @module
 */

import { Scanner } from "./scanner.ts";
import { quoteText } from "./quote.ts";
import type { TypeDescription } from "./description.ts";
import type { Literal, LiteralField } from "./literal.ts";
import type { AsciiType } from "./type.ts";

/**
 * Parses a text with exactly one value.
 *
 * @example
 * ```ts
 * import { parseText, sockaddr } from "@sockgraph/sockgraph";
 *
 * const address = parseText(sockaddr, "inet/127.0.0.1:80");
 * console.log(address.family, sockaddr.format(address)); // inet inet/127.0.0.1:80
 * ```
 *
 * @throws AsciiError at the offending offset, also for text after the value
 */
export function parseText<T>(type: AsciiType<T>, text: string): T {
  const scanner = new Scanner(text);
  const value = type.parse(scanner);
  scanner.expectEnd();
  return value;
}

/**
 * Reads a value from a data language's literal.
 *
 * @throws AsciiError with the path to the offending part
 */
export function readLiteral<T>(type: AsciiType<T>, literal: Literal): T {
  return type.read(literal);
}

/**
 * The ASCII text of a literal whose values are not checked, for those that still contain `${…}` references: words
 * unchanged, but quoted if the type is a string.
 *
 * @param description the type, or null if it is not known: then only the literal's own shape counts
 */
export function formatLiteral(description: TypeDescription | null, literal: Literal): string {
  switch (literal.kind) {
    case "none":
      return "";
    case "word":
      return isQuoted(description) ? quoteText(literal.text) : literal.text;
    case "struct": {
      if (description?.kind === "named" && description.argumentOf !== undefined) {
        return quoteText(formatMessageLiteral(description.argumentOf, literal.fields));
      }
      const fields = literal.fields.map(({ name, value }) => {
        return `${name}=${formatLiteral(fieldDescription(description, name), value)}`;
      });
      return fields.length === 0 ? "{}" : `{ ${fields.join(" ")} }`;
    }
    case "array": {
      const element = description?.kind === "array" ? description.element : null;
      const elements = literal.elements.map((value) => formatLiteral(element, value));
      return elements.length === 0 ? "[]" : `[ ${elements.join(" ")} ]`;
    }
  }
}

/** A message from a mapping, `{ setopt: { SO_KEEPALIVE: 1 } }`, in its typed form. */
export function formatMessageLiteral(
  argumentOf: (command: string) => TypeDescription | null,
  fields: readonly LiteralField[],
): string {
  return fields.map(({ name, value }) => `${name} ${formatLiteral(argumentOf(name), value)}`.trimEnd()).join(" ");
}

function isQuoted(description: TypeDescription | null): boolean {
  return description?.kind === "string" || (description?.kind === "named" && description.quoted === true);
}

/** The type of a field; null if it is not known. */
export function fieldDescription(description: TypeDescription | null, name: string): TypeDescription | null {
  if (description?.kind === "dictionary") return description.element;
  if (description?.kind !== "struct") return null;
  return description.fields.find((field) => field.name === name)?.type ?? null;
}
