/**
 * Values as YAML text: plain if YAML reads the text unchanged, otherwise in double quotes.
 *
 * @module
 */

import type { Literal } from "../../ascii/literal.ts";
import { findReferences } from "../../graph/core/reference.ts";

/** The context of a scalar: inside `{ }` and `[ ]` more characters have a meaning. */
export type YamlPlace = "block" | "flow" | "end";

/** Has a harmless start, and nothing that YAML could read as syntax. */
const PLAIN: Readonly<Record<YamlPlace, RegExp>> = {
  block: /^[A-Za-z0-9_/.(][A-Za-z0-9_/.:;,*+%@$()'& -]*$/,
  flow: /^[A-Za-z0-9_/.][A-Za-z0-9_/.*+%@$()' -]*$/,
  // Ends of links, `tap:left`: a colon before a letter is only a colon.
  end: /^[A-Za-z0-9_/.][A-Za-z0-9_/.:*+%@$-]*$/,
};
/** A key, a comment, a blank that would be lost, the end of a document. */
const SPECIAL = /:(?: |$)| #| $|^\.\.\.$/;
const NULLS: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);
// Characters that YAML cannot contain unescaped, beyond those that JSON escapes.
const UNPRINTABLE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\p{Cs}/gu;

/** A text as a YAML scalar. */
export function yamlScalar(text: string, place: YamlPlace): string {
  if (PLAIN[place].test(text) && !SPECIAL.test(text) && !NULLS.has(text)) return text;
  // A local address contains quotes: the other kind of quotes keeps it readable.
  if (/^[\x20-\x26\x28-\x7e]*["\\][\x20-\x26\x28-\x7e]*$/.test(text)) return `'${text}'`;
  return JSON.stringify(text).replaceAll(UNPRINTABLE, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A literal in flow style: `{ a: 1, b: [2, 3] }`; words in the form of a state. */
export function yamlFlow(literal: Literal): string {
  switch (literal.kind) {
    case "none":
      return "";
    case "word":
      return yamlScalar(fileText(literal.text), "flow");
    case "struct": {
      const fields = literal.fields.map(({ name, value }) => `${yamlScalar(name, "flow")}: ${yamlFlow(value)}`);
      return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
    }
    case "array":
      return `[${literal.elements.map(yamlFlow).join(", ")}]`;
  }
}

/** A state's text in the form of a file: references unchanged, every other dollar as `$$`. */
export function fileText(text: string): string {
  if (!text.includes("$")) return text;
  let result = "";
  let from = 0;
  for (const { start, end } of findReferences(text)) {
    result += literalText(text.slice(from, start)) + text.slice(start, end);
    from = end;
  }
  return result + literalText(text.slice(from));
}

/** A state's text between its references, where `$${` is a literal `${`. */
function literalText(text: string): string {
  return escapeDollars(text.split("$${").join("${"));
}

/** A text without expressions in the form of a file. */
export function escapeDollars(text: string): string {
  return text.split("$").join("$$");
}
