/**
 * Integers, booleans and enumerations.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { listChoices, nearHint, truthHint } from "./near.ts";
import { parseInteger } from "./number.ts";
import type { IntegerBits, OctetReader, OctetWriter } from "./octets.ts";
import { readScalar } from "./part.ts";
import { describeToken, type Scanner } from "./scanner.ts";
import type { AsciiType } from "./type.ts";

/** The options of an integer type; `hex` prints `0x1f`, as netgraph's hint types do. */
export interface IntegerTypeOptions<B extends IntegerBits> {
  /** The width. */
  readonly bits: B;
  /** Whether it accepts negative numbers. */
  readonly signed: boolean;
  /** Print in hexadecimal. */
  readonly hex?: boolean;
  /** Narrower than the width allows. */
  readonly min?: number;
  /** Narrower than the width allows. */
  readonly max?: number;
  /** Read a leading 0 as octal, as C does. */
  readonly octal?: boolean;
}

/** An integer of up to 32 bits. */
export function integer(options: IntegerTypeOptions<8 | 16 | 32>): AsciiType<number> {
  const exact = bigInteger(options);
  const type: AsciiType<number> = {
    description: exact.description,
    initial: 0,
    parse: (scanner) => Number(exact.parse(scanner)),
    read: (literal) => readScalar(type, literal),
    format: (value) => exact.format(BigInt(value)),
    pack: (value, writer) => writer.integer(value, options.bits),
    unpack: (reader) => Number(exact.unpack(reader)),
  };
  return type;
}

/** An integer of any width as a bigint, so that 64 bits stay exact. */
export function bigInteger(options: IntegerTypeOptions<IntegerBits>): AsciiType<bigint> {
  const { bits, signed, hex = false } = options;
  const range = rangeOf(options);
  const type: AsciiType<bigint> = {
    description: { kind: "integer", bits, signed, hex, ...narrowed(options) },
    initial: 0n,
    parse: (scanner) => {
      const value = parseInteger(scanner, scanner.peek(), { range, octal: options.octal === true });
      scanner.next();
      return value;
    },
    read: (literal) => readScalar(type, literal),
    format: (value) => hex ? `${value < 0n ? "-" : ""}0x${(value < 0n ? -value : value).toString(16)}` : `${value}`,
    pack: (value, writer) => writer.integer(value, bits),
    unpack: (reader) => {
      const value = reader.bigInteger(bits);
      return signed ? BigInt.asIntN(bits, value) : value;
    },
  };
  return type;
}

/** Signed, 8 bits. */
export const int8: AsciiType<number> = integer({ bits: 8, signed: true });
/** Signed, 16 bits. */
export const int16: AsciiType<number> = integer({ bits: 16, signed: true });
/**
 * Signed, 32 bits.
 *
 * @example
 * ```ts
 * import { int32, parseText } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(int32, "-0x10")); // -16
 * ```
 */
export const int32: AsciiType<number> = integer({ bits: 32, signed: true });
/** Signed, 64 bits, exact. */
export const int64: AsciiType<bigint> = bigInteger({ bits: 64, signed: true });
/** Unsigned, 8 bits. */
export const uint8: AsciiType<number> = integer({ bits: 8, signed: false });
/** Unsigned, 16 bits. */
export const uint16: AsciiType<number> = integer({ bits: 16, signed: false });
/**
 * Unsigned, 32 bits.
 *
 * @example
 * ```ts
 * import { parseText, uint32 } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(uint32, "0xff")); // 255
 * ```
 */
export const uint32: AsciiType<number> = integer({ bits: 32, signed: false });
/**
 * Unsigned, 64 bits, exact.
 *
 * @example
 * ```ts
 * import { parseText, uint64 } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(uint64, "18446744073709551615")); // 18446744073709551615n
 * ```
 */
export const uint64: AsciiType<bigint> = bigInteger({ bits: 64, signed: false });
/** Unsigned, 8 bits, printed in hexadecimal. */
export const hint8: AsciiType<number> = integer({ bits: 8, signed: false, hex: true });
/** Unsigned, 16 bits, printed in hexadecimal. */
export const hint16: AsciiType<number> = integer({ bits: 16, signed: false, hex: true });
/** Unsigned, 32 bits, printed in hexadecimal. */
export const hint32: AsciiType<number> = integer({ bits: 32, signed: false, hex: true });
/** Unsigned, 64 bits, exact, printed in hexadecimal. */
export const hint64: AsciiType<bigint> = bigInteger({ bits: 64, signed: false, hex: true });

const TRUTH: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false };

/**
 * `true` or `false`; 1 and 0 are accepted too. One octet in binary.
 *
 * @example
 * ```ts
 * import { boolean, parseText } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(boolean, "true"), boolean.format(false)); // true false
 * ```
 */
export const boolean: AsciiType<boolean> = {
  description: { kind: "boolean" },
  initial: false,
  parse: (scanner) => {
    const token = scanner.peek();
    const value = token.kind === "word" && Object.hasOwn(TRUTH, token.text) ? TRUTH[token.text] : undefined;
    if (value === undefined) {
      const hint = truthHint(token.text);
      throw scanner.failAt(token, "EINVAL", `Expected true or false but found ${describeToken(token)}`, hint);
    }
    scanner.next();
    return value;
  },
  read: (literal) => readScalar(boolean, literal),
  format: (value) => `${value}`,
  pack: (value, writer) => writer.integer(value ? 1 : 0, 8),
  unpack: (reader) => reader.integer(8) !== 0,
};

/** As {@linkcode boolean}, printed as netgraph prints it: 1 and 0, a 32-bit integer in binary. */
export const flag32: AsciiType<boolean> = {
  ...boolean,
  description: { kind: "boolean", bits: 32 },
  read: (literal) => readScalar(flag32, literal),
  format: (value) => value ? "1" : "0",
  pack: (value, writer) => writer.integer(value ? 1 : 0, 32),
  unpack: (reader) => reader.integer(32) !== 0,
};

/**
 * A number with names: the value is the name, and the number is accepted too.
 *
 * @param words the numbers by name; of two names for one number the first is canonical
 * @param options `bits`: its width in binary, 32 by default
 *
 * @example
 * ```ts
 * import { enumeration, parseText } from "@sockgraph/sockgraph";
 *
 * const direction = enumeration({ up: 0, down: 1 });
 * console.log(parseText(direction, "down")); // down
 * ```
 */
export function enumeration<W extends string>(
  words: Readonly<Record<W, number>>,
  options: { bits?: 16 | 32 } = {},
): AsciiType<W> {
  const { bits = 32 } = options;
  const isWord = (text: string): text is W => Object.hasOwn(words, text);
  const names = Object.keys(words).filter(isWord);
  const nameOf = (number: number): W | undefined => names.find((name) => words[name] === number);
  const type: AsciiType<W> = {
    description: { kind: "enum", words: names, bits },
    parse: (scanner) => parseWord(scanner, names, (text) => isWord(text) ? text : nameOf(plainNumber(text))),
    read: (literal) => readScalar(type, literal),
    format: (value) => value,
    pack: (value: W, writer: OctetWriter) => writer.integer(words[value], bits),
    unpack: (reader: OctetReader) => {
      const number = reader.integer(bits);
      const name = nameOf(number);
      if (name === undefined) {
        throw new NetgraphError("EINVAL", `Number ${number} has no name among ${names.join(", ")}`);
      }
      return name;
    },
  };
  return type;
}

/** As an enumeration, printed as netgraph prints it: by number. */
export function numbered<W extends string>(
  words: Readonly<Record<W, number>>,
  options: { bits?: 16 | 32 } = {},
): AsciiType<W> {
  return { ...enumeration(words, options), format: (value) => String(words[value]) };
}

function parseWord<W extends string>(
  scanner: Scanner,
  names: readonly W[],
  find: (text: string) => W | undefined,
): W {
  const token = scanner.peek();
  const value = token.kind === "word" ? find(token.text) : undefined;
  if (value === undefined) {
    const hint = token.kind === "word" ? nearHint(token.text, names) : null;
    const choices = listChoices(names);
    const message = token.kind === "word"
      ? `Unknown value "${token.text}": expected ${choices}`
      : `Expected ${choices} but found ${describeToken(token)}`;
    throw scanner.failAt(token, "EINVAL", message, hint);
  }
  scanner.next();
  return value;
}

/** The number that a word is, NaN for a name: NaN equals no number of the table. */
function plainNumber(text: string): number {
  return /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : NaN;
}

/** The range of a type that has one. */
function narrowed(options: IntegerTypeOptions<IntegerBits>): { readonly range?: { min: number; max: number } } {
  if (options.min === undefined && options.max === undefined) return {};
  const { min, max } = rangeOf(options);
  return { range: { min: Number(min), max: Number(max) } };
}

function rangeOf(options: IntegerTypeOptions<IntegerBits>): { min: bigint; max: bigint } {
  const { bits, signed, min, max } = options;
  const top = 1n << BigInt(signed ? bits - 1 : bits);
  return {
    min: min === undefined ? (signed ? -top : 0n) : BigInt(min),
    max: max === undefined ? top - 1n : BigInt(max),
  };
}
