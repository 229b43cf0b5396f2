/**
 * References between messages: `${front.getname}` stands for the reply of a query, `${front.getname.port}` for a part
 * of it, and inside a template `${with.to}` for what its user gave.
 *
 * ```
 * text      = { octet | "$${" | reference }        ; "$${" stands for the two characters "${"
 * reference = "${" node "." query [ "." part ] "}"
 * ```
 *
 * @module
 */

/** A reference in a text. */
export interface Reference {
  /** The node's name; `with` is the template's user. */
  readonly node: string;
  /** The query, or the parameter. */
  readonly query: string;
  readonly part: string | null;
  /** Where it begins in the text. */
  readonly start: number;
  /** Where it has ended. */
  readonly end: number;
}

/** The word that stands for a template's user where a node's name would stand. */
export const WITH = "with";

/** All references of a text, in order. Whatever else begins with `${` is none, and stays as it is. */
export function findReferences(text: string): readonly Reference[] {
  if (!text.includes("${")) return [];
  return [...text.matchAll(REFERENCE)].flatMap((match) => {
    const [whole, escape, node, query, part] = match;
    if (escape !== undefined || node === undefined || query === undefined) return [];
    return [{ node, query, part: part ?? null, start: match.index, end: match.index + whole.length }];
  });
}

/** True when the text has a reference. */
export function hasReferences(text: string | null): boolean {
  return text !== null && findReferences(text).length > 0;
}

/** The text with every reference replaced by what `resolve` says, and `$${` by `${`. */
export function substituteReferences(text: string, resolve: (reference: Reference) => string): string {
  if (!text.includes("${")) return text;
  let result = "";
  let from = 0;
  for (const reference of findReferences(text)) {
    result += text.slice(from, reference.start).replaceAll("$${", "${") + resolve(reference);
    from = reference.end;
  }
  return result + text.slice(from).replaceAll("$${", "${");
}

/**
 * The text with the references that `resolve` knows replaced by what they stand for, to be read as a text of references
 * again: others, and what is escaped, stay as they are, and what came in refers to nothing.
 */
export function fillReferences(text: string, resolve: (reference: Reference) => string | null): string {
  let result = "";
  let from = 0;
  for (const reference of findReferences(text)) {
    const value = resolve(reference);
    if (value === null) continue;
    result += text.slice(from, reference.start) + escapeReferences(value);
    from = reference.end;
  }
  return result + text.slice(from);
}

/** The text that {@linkcode substituteReferences} makes `text` of. */
export function escapeReferences(text: string): string {
  return text.replaceAll("${", () => "$${");
}

const REFERENCE = /(\$\$\{)|\$\{([^.{}$]+)\.([^.{}$]+)(?:\.([^.{}$]+))?\}/g;
