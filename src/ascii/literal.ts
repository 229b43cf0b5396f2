/**
 * Values from a data language, before a type parses them.
 *
 * @module
 */

/**
 * A value from a data language (YAML, JSON): not text with quotes and brackets, but words in structs and arrays. A word
 * is the scalar's text as written (`010` stays `010`), even if the data language would read a number.
 */
export type Literal =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "struct"; readonly fields: readonly LiteralField[] }
  | { readonly kind: "array"; readonly elements: readonly Literal[] }
  | { readonly kind: "none" };

/** One field of a struct literal. */
export interface LiteralField {
  /** The name. */
  readonly name: string;
  /** The value. */
  readonly value: Literal;
}
