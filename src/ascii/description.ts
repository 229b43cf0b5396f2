/**
 * Types as data, from which schema, completion and documentation are made.
 *
 * @module
 */

/** A type as data. */
export type TypeDescription =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean; readonly hex: boolean }
  | { readonly kind: "boolean"; /** Its width in binary; 8 without it. */ readonly bits?: 32 }
  | { readonly kind: "enum"; readonly words: readonly string[]; readonly bits: 16 | 32 }
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
