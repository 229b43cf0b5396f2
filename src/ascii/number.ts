/**
 * Integers as text, exact to the digit.
 *
 * ```text
 * integer = [ "+" | "-" ] ( "0" | nonzero digit* | "0x" hex digit+ )
 * ```
 *
 * @module
 */

import { commaHint, describeToken, type Scanner, type Token } from "./scanner.ts";

/** How lenient parsing is. */
export interface IntegerOptions {
  /** Read a leading 0 as octal, as C does, instead of refusing it. */
  readonly octal?: boolean;
  /** The smallest and the largest number that will do. */
  readonly range?: { readonly min: bigint; readonly max: bigint };
}

const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)/;

/**
 * The number that a word token is, as a whole.
 *
 * @throws AsciiError EINVAL at the first character that does not belong to it
 */
export function parseInteger(scanner: Scanner, token: Token, options: IntegerOptions = {}): bigint {
  const match = token.kind === "word" ? INTEGER.exec(token.text) : null;
  if (match === null) {
    throw scanner.failAt(token, "EINVAL", `Expected an integer but found ${describeToken(token)}`);
  }
  const [text, sign, digits = ""] = match;
  if (text.length < token.length) {
    const offset = token.offset + text.length;
    throw scanner.fail("EINVAL", `Unexpected "${token.text.slice(text.length)}" after the integer ${text}`, {
      offset,
      length: token.length - text.length,
      hint: commaHint(token.text) ?? sizeHint(token.text),
    });
  }
  const size = magnitude(scanner, token, digits, options.octal === true);
  const value = sign === "-" ? -size : size;
  const { range } = options;
  if (range !== undefined && (value < range.min || value > range.max)) {
    throw scanner.failAt(token, "EINVAL", `Integer ${token.text} is not between ${range.min} and ${range.max}`);
  }
  return value;
}

/** Advice on `64KiB` where a number counts octets. */
function sizeHint(text: string): string | null {
  const [, digits, unit = ""] = /^([0-9]+)([KMG])iB$/.exec(text) ?? [];
  return digits === undefined ? null : `write ${BigInt(digits) * 1024n ** BigInt("KMG".indexOf(unit) + 1)}`;
}

function magnitude(scanner: Scanner, token: Token, digits: string, octal: boolean): bigint {
  if (!/^0[0-9]/.test(digits)) return BigInt(digits);
  if (octal && /^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  const plain = digits.replace(/^0+(?=[0-9])/, "");
  throw scanner.failAt(token, "EINVAL", `Integer ${token.text} begins with 0`, `C reads that as octal: write ${plain}`);
}
