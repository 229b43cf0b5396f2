/**
 * The contract of netgraph's textual values (ng_parse(9)): one object recognises, prints, packs and unpacks one type,
 * and describes itself as data, so that schema, completion and documentation need no second list.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../errors.ts";
import type { Scanner } from "./scanner.ts";
import type { OctetReader, OctetWriter } from "./octets.ts";

/**
 * A value that a text or literal does not hold. The code is the errno that netgraph gives for it.
 *
 * @example
 * ```ts
 * import { AsciiError, parseText, uint32 } from "@sockgraph/sockgraph";
 *
 * try {
 *   parseText(uint32, "12x");
 * } catch (error) {
 *   if (error instanceof AsciiError) console.log(error.code, error.offset); // EINVAL 2
 * }
 * ```
 */
export class AsciiError extends NetgraphError {
  /** Tells it from its base. */
  override readonly name = "AsciiError";
  /** Where in the text the trouble begins, in UTF-16 units from 0, never beyond its end. */
  readonly offset: number;
  /** How much of the text is meant; 0 where something is missing. */
  readonly length: number;
  /** The way to the trouble inside a literal's structs (names) and arrays (indexes). */
  readonly path: readonly (string | number)[];
  /** Advice: what would be right. A sentence fragment without a full stop, such as `did you mean "max"?`. */
  readonly hint: string | null;

  /** Takes what and where. */
  constructor(
    code: ErrorCode,
    message: string,
    where: { offset?: number; length?: number; path?: readonly (string | number)[]; hint?: string | null } = {},
  ) {
    super(code, message);
    this.offset = where.offset ?? 0;
    this.length = where.length ?? 0;
    this.path = where.path ?? [];
    this.hint = where.hint ?? null;
  }
}

/**
 * A value as a data language (YAML, JSON) gives it: not text with quotes and brackets, but words in structs and arrays.
 * A word is the scalar's text as written (`010` stays `010`), whether or not the data language calls it a number.
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

/** A type as data. */
export type TypeDescription =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean; readonly hex: boolean }
  | { readonly kind: "boolean" }
  | { readonly kind: "enum"; readonly words: readonly string[] }
  | { readonly kind: "string"; readonly maxOctets: number | null }
  | { readonly kind: "duration" }
  | { readonly kind: "size" }
  | { readonly kind: "struct"; readonly fields: readonly FieldDescription[] }
  /** A struct whose fields have any names. */
  | { readonly kind: "dictionary"; readonly element: TypeDescription }
  | { readonly kind: "array"; readonly element: TypeDescription; readonly length: number | null }
  | { readonly kind: "octets"; readonly length: number | null }
  /** A word or struct with a grammar of its own: `sockaddr`, `sockopt`, `cidr`. */
  | {
    readonly kind: "named";
    readonly name: string;
    readonly examples: readonly string[];
    /** True when its text is a quoted string, whose content has the grammar. */
    readonly quoted?: boolean;
    /** For a message: the description of what a command takes; null for one that takes nothing, or is not known. */
    readonly argumentOf?: (command: string) => TypeDescription | null;
  };

/** One field of a struct, as data. */
export interface FieldDescription {
  /** The name. */
  readonly name: string;
  /** The type of its value. */
  readonly type: TypeDescription;
  /** True when a text that leaves it out is an error. */
  readonly required: boolean;
  /** One line for people. */
  readonly summary: string | null;
}

/** A type of netgraph's textual value language. Values are plain, structured-clonable data. */
export interface AsciiType<T> {
  /** The type as data. */
  readonly description: TypeDescription;
  /** What stands for an omitted struct member; absent where netgraph has none (EOPNOTSUPP). */
  readonly initial?: T;
  /**
   * Reads one value where the scanner stands and leaves the scanner behind it.
   *
   * @throws AsciiError at the offending offset
   */
  parse(scanner: Scanner): T;
  /**
   * Reads a value from a data language.
   *
   * @throws AsciiError with the path to the offending part, its offset counting inside the word there
   */
  read(literal: Literal): T;
  /** The one canonical text of a value: `parse(format(x))` equals x. */
  format(value: T): string;
  /** Appends FreeBSD's binary layout, little-endian as on amd64. */
  pack(value: T, writer: OctetWriter): void;
  /** Reads FreeBSD's binary layout. */
  unpack(reader: OctetReader): T;
}
