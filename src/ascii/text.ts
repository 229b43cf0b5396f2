/**
 * Strings: three layouts in binary, one quoted form in text. In a literal the word is the string.
 *
 * @module
 */

import { decodeText, encodeText } from "./octets.ts";
import { readWord } from "./part.ts";
import { plainText, quoteText, readQuoted } from "./quote.ts";
import type { Scanner } from "./scanner.ts";
import { AsciiError } from "./error.ts";
import type { Literal } from "./literal.ts";
import type { AsciiType } from "./type.ts";

const SIZED_MAX = 0xffff;

/**
 * A string that ends with a NUL in binary, and so cannot hold one.
 *
 * @example
 * ```ts
 * import { parseText, string } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(string, '"a\\tb"').length); // 3
 * ```
 */
export const string: AsciiType<string> = {
  description: { kind: "string", maxOctets: null },
  initial: "",
  parse: (scanner) => parseString(scanner, TERMINATED),
  read: (literal) => readString(string, literal, TERMINATED),
  format: quoteText,
  pack: (value, writer) => {
    writer.octets(encodeText(value));
    writer.zeros(1);
  },
  unpack: (reader) => decodeText(reader.terminated()),
};

/** The path of a file, or one of `words`. A relative path is made absolute where it is written. */
export function filePath(words: readonly string[] = []): AsciiType<string> {
  return { ...string, description: { kind: "string", maxOctets: null, file: { words } } };
}

/** A string in a field of `size` octets, including the NUL. */
export function fixedString(size: number): AsciiType<string> {
  const limits: StringLimits = { nul: false, maxOctets: size - 1, code: "E2BIG" };
  const type: AsciiType<string> = {
    description: { kind: "string", maxOctets: size - 1 },
    initial: "",
    parse: (scanner) => parseString(scanner, limits),
    read: (literal) => readString(type, literal, limits),
    format: quoteText,
    pack: (value, writer) => {
      const octets = encodeText(value).subarray(0, size - 1);
      writer.octets(octets);
      writer.zeros(size - octets.length);
    },
    unpack: (reader) => {
      const octets = reader.octets(size);
      const end = octets.indexOf(0);
      return decodeText(end < 0 ? octets : octets.subarray(0, end));
    },
  };
  return type;
}

/** A string after its length in 16 bits. It may contain NULs. */
export const sizedString: AsciiType<string> = {
  description: { kind: "string", maxOctets: SIZED_MAX },
  initial: "",
  parse: (scanner) => parseString(scanner, SIZED),
  read: (literal) => readString(sizedString, literal, SIZED),
  format: quoteText,
  pack: (value, writer) => {
    const octets = encodeText(value).subarray(0, SIZED_MAX);
    writer.integer(octets.length, 16);
    writer.octets(octets);
  },
  unpack: (reader) => decodeText(reader.octets(reader.integer(16))),
};

interface StringLimits {
  /** Whether it may contain a NUL. */
  readonly nul: boolean;
  readonly maxOctets: number;
  /** netgraph's error for a longer one. */
  readonly code: "E2BIG" | "EINVAL";
}

const TERMINATED: StringLimits = { nul: false, maxOctets: Infinity, code: "E2BIG" };
const SIZED: StringLimits = { nul: true, maxOctets: SIZED_MAX, code: "EINVAL" };

function parseString(scanner: Scanner, limits: StringLimits): string {
  const token = scanner.peek();
  const plain = plainText(token);
  if (plain !== null && plain.length <= limits.maxOctets) {
    scanner.next();
    return plain;
  }
  const { offset, length } = token;
  const octets = readQuoted(scanner, { nul: limits.nul });
  const problem = problemOf(octets, limits);
  if (problem !== null) throw scanner.fail(problem.code, problem.message, { offset, length });
  return decodeText(octets);
}

function readString(type: AsciiType<string>, literal: Literal, limits: StringLimits): string {
  const text = readWord(type, literal, (word) => word);
  const problem = problemOf(encodeText(text), limits);
  if (problem !== null) throw new AsciiError(problem.code, problem.message, { length: text.length });
  return text;
}

function problemOf(octets: Uint8Array, limits: StringLimits): { code: "E2BIG" | "EINVAL"; message: string } | null {
  if (!limits.nul && octets.includes(0)) {
    return { code: "EINVAL", message: "A NUL ends a string and cannot be in it" };
  }
  if (octets.length > limits.maxOctets) {
    return { code: limits.code, message: `String is longer than ${limits.maxOctets} octets` };
  }
  return null;
}
