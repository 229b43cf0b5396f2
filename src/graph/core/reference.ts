/**
 * References between messages: `${front.getname}` is replaced by the reply of a query, `${front.getname.port}` for a
 * part of it, and inside a template `${with.to}` by an argument of its user.
 *
 * ```
 * text      = { octet | "$${" | reference }        ; "$${" means the two characters "${"
 * reference = "${" node "." query [ "." part ] "}"
 * ```
 *
 * In a quoted string of the ASCII form a reference is replaced by text, which is escaped like the rest of the string.
 * Elsewhere the replacement is not changed: it may be any value, or a part of one.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { quoteText } from "../../ascii/quote.ts";
import { string } from "../../ascii/text.ts";
import { AsciiError } from "../../ascii/error.ts";

/** A reference in a text. */
export interface Reference {
  /** The node's name; `with` is the template's user. */
  readonly node: string;
  /** The query, or the parameter. */
  readonly query: string;
  readonly part: string | null;
  /** Its offset in the text. */
  readonly start: number;
  /** The offset of its end. */
  readonly end: number;
  /** True if it is in a quoted string. */
  readonly quoted: boolean;
}

/** The word for a template's user, in place of a node's name. */
export const WITH = "with";

/** The word for the client of the connection for which a template is copied, in place of a node's name. */
export const CLIENT = "client";
/** The parts of the client to which a reference can refer. */
export const CLIENT_PARTS: readonly ClientPart[] = ["address", "port"];
/** Its host, or the path of a local socket; its port. */
export type ClientPart = "address" | "port";

/** The part of the client that a reference asks for; null for any other reference, also to a node of that name. */
export function clientPart({ node, query, part }: Pick<Reference, "node" | "query" | "part">): ClientPart | null {
  if (node !== CLIENT || part !== null) return null;
  return CLIENT_PARTS.find((known) => known === query) ?? null;
}

/** All references of a text, in order. Other text that begins with `${` is not a reference, and stays unchanged. */
export function findReferences(text: string): readonly Reference[] {
  if (!text.includes("${")) return [];
  let quoted = false;
  let from = 0;
  return [...text.matchAll(REFERENCE)].flatMap((match): readonly Reference[] => {
    const [whole, escape, node, query, part] = match;
    if (escape !== undefined || node === undefined || query === undefined) return [];
    const start = match.index;
    quoted = endsQuoted(text.slice(from, start), quoted);
    from = start + whole.length;
    const name = (written: string): string => quoted ? unquote(written) : written;
    return [{
      node: name(node),
      query: name(query),
      part: part === undefined ? null : name(part),
      start,
      end: from,
      quoted,
    }];
  });
}

/** True when the text has a reference. */
export function hasReferences(text: string | null): boolean {
  return text !== null && findReferences(text).length > 0;
}

/** The text with every reference replaced by the result of `resolve`, and `$${` by `${`. */
export function substituteReferences(text: string, resolve: (reference: Reference) => string): string {
  if (!text.includes("${")) return text;
  return substitute(text, { resolve, reread: false });
}

/**
 * The text with the references that `resolve` knows replaced by their values, to be parsed as a text of references
 * again: other references and escapes stay unchanged, and the inserted values contain no references.
 */
export function fillReferences(text: string, resolve: (reference: Reference) => string | null): string {
  return substitute(text, { resolve, reread: true });
}

/** The text with other names in its references: new ones by old ones. */
export function renameReferences(text: string, names: ReadonlyMap<string, string>): string {
  let result = "";
  let from = 0;
  for (const { node, start, end, quoted } of findReferences(text)) {
    const to = names.get(node);
    if (to === undefined) continue;
    const rest = text.slice(text.indexOf(".", start), end);
    result += `${text.slice(from, start)}\${${quoted ? quoteText(to).slice(1, -1) : to}${rest}`;
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}

/** The text that {@linkcode substituteReferences} makes `text` of. */
export function escapeReferences(text: string): string {
  return text.replaceAll("${", () => "$${");
}

const REFERENCE = /(\$\$\{)|\$\{([^.{}$]+)\.([^.{}$]+)(?:\.([^.{}$]+))?\}/g;
/** An incomplete escape at the end of a string's text: without its character, or without the end of its number. */
const OPEN_ESCAPE = /(\\+)(x[0-9a-fA-F]*|[0-7]*)$/;

interface Substitution {
  /** The replacement of a reference; null: the reference stays. */
  readonly resolve: (reference: Reference) => string | null;
  /** True when the result is parsed as a text of references again, so escapes must stay. */
  readonly reread: boolean;
}

function substitute(text: string, { resolve, reread }: Substitution): string {
  let result = "";
  let from = 0;
  let quoted = false;
  const copy = (end: number): string => {
    const literal = text.slice(from, end);
    return reread ? literal : literal.replaceAll("$${", "${");
  };
  for (const reference of findReferences(text)) {
    const value = resolve(reference);
    if (value === null) continue;
    result = join(result, copy(reference.start), { quoted, reread });
    quoted = reference.quoted;
    const put = quoted ? quoteText(value).slice(1, -1) : value;
    result = join(result, reread ? escapeReferences(put) : put, { quoted, reread });
    from = reference.end;
  }
  return join(result, copy(text.length), { quoted, reread });
}

/** Joins two texts: no reference, and within a string no escape, may continue from one into the other. */
function join(left: string, right: string, { quoted, reread }: { quoted: boolean; reread: boolean }): string {
  if (reread && left.endsWith("$") && right.startsWith("{")) return `${left}$${right}`;
  const [, slashes = "", number = ""] = quoted ? OPEN_ESCAPE.exec(left) ?? [] : [];
  if (slashes.length % 2 === 0) return left + right;
  // A reference has no character that could be escaped.
  if (number === "") return left.slice(0, -1) + right;
  if (!/^[0-9a-fA-F]/.test(right)) return left + right;
  return `${left}\\x${right.charCodeAt(0).toString(16)}${right.slice(1)}`;
}

/** Whether a text ends in a quoted string, depending on whether it starts in one. */
function endsQuoted(text: string, begins: boolean): boolean {
  let quoted = begins;
  for (const [mark] of text.matchAll(/"|\\[^]/g)) {
    if (mark === '"') quoted = !quoted;
    // Outside a string a backslash is like any other character.
    else if (!quoted && mark.endsWith('"')) quoted = true;
  }
  return quoted;
}

/**
 * A name without the escapes of its quoted string; an invalid text is returned unchanged, and no node has it as name.
 */
function unquote(name: string): string {
  if (!name.includes("\\")) return name;
  try {
    return parseText(string, `"${name}"`);
  } catch (error) {
    if (error instanceof AsciiError) return name;
    throw error;
  }
}
