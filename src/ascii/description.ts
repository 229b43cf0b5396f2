/**
 * Types as data, from which schema, completion and documentation are made.
 *
 * @module
 */

/** A type as data. */
export type TypeDescription =
  | {
    readonly kind: "integer";
    readonly bits: 8 | 16 | 32 | 64;
    readonly signed: boolean;
    readonly hex: boolean;
    /** The least and the greatest value, where they are narrower than the width. */
    readonly range?: { readonly min: number; readonly max: number };
  }
  | { readonly kind: "boolean"; /** Its width in binary; 8 without it. */ readonly bits?: 32 }
  | { readonly kind: "enum"; readonly words: readonly string[]; readonly bits: 16 | 32 }
  | {
    readonly kind: "string";
    readonly maxOctets: number | null;
    /** For the path of a file: words that are not a path, such as `system`. Absent for other strings. */
    readonly file?: { readonly words: readonly string[] };
  }
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
    /** True when its text is a quoted string, whose content has that grammar. */
    readonly quoted?: boolean;
    /** Fields that its struct may have, for editors to complete: they do not check it. */
    readonly keys?: readonly NamedWord[];
    /** Words that it may be, for editors to complete: they do not check it. */
    readonly words?: readonly NamedWord[];
    /** For a message: the description of a command's argument; null for one without, or for an unknown one. */
    readonly argumentOf?: (command: string) => TypeDescription | null;
  };

/** A word with its meaning. */
export interface NamedWord {
  /** The word. */
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
}

/** The documentation of a value beside its type. */
export interface ValueFacts {
  /** One line: its meaning. */
  readonly summary: string | null;
  /** The unit of a number, such as `bit/s`; durations and sizes have theirs in their text. */
  readonly unit: string | null;
  /** The default value in ASCII form; null if there is none. */
  readonly default: string | null;
  /** The default in words; an addition to the default value, if there is one. */
  readonly defaultNote: string | null;
}

/** One field of a struct, as data. */
export interface FieldDescription extends ValueFacts {
  /** The name. */
  readonly name: string;
  /** The type of its value. */
  readonly type: TypeDescription;
  /** True if the field must be present. */
  readonly required: boolean;
}
