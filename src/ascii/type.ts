/**
 * The contract of netgraph's textual values (ng_parse(9)): one object recognises, prints, packs and unpacks one type,
 * and describes itself as data, so that schema, completion and documentation need no second list.
 *
 * @module
 */

import type { TypeDescription } from "./description.ts";
import type { Literal } from "./literal.ts";
import type { OctetReader, OctetWriter } from "./octets.ts";
import type { Scanner } from "./scanner.ts";

/** A type of netgraph's textual value language. Values are plain, structured-clonable data. */
export interface AsciiType<T> {
  /** The type as data. */
  readonly description: TypeDescription;
  /** The value of an omitted struct member; absent if netgraph has none (EOPNOTSUPP). */
  readonly initial?: T;
  /**
   * Parses one value at the scanner's position and moves the scanner after it.
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
