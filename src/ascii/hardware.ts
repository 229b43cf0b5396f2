/**
 * The address types of ng_parse(9): `ipaddr` and `enaddr`. The socket address of ksocket is another one
 * (`socket/address.ts`).
 *
 * ```text
 * ipaddr = part "." part "." part "." part       a part follows C: decimal, 0 octal or 0x hexadecimal
 * enaddr = hex ":" hex ":" hex ":" hex ":" hex ":" hex
 * ```
 *
 * @module
 */

import { readScalar } from "./part.ts";
import { describeToken, type Scanner } from "./scanner.ts";
import type { AsciiType } from "./type.ts";

/** An IPv4 address as netgraph reads it: a leading 0 makes a part octal. */
export const ipaddr: AsciiType<string> = {
  description: { kind: "named", name: "ipaddr", examples: ["127.0.0.1"] },
  initial: "0.0.0.0",
  parse: (scanner) =>
    parseParts(scanner, { separator: ".", count: 4, what: "an IPv4 address", octet: cOctet }).join("."),
  read: (literal) => readScalar(ipaddr, literal),
  format: (value) => value,
  pack: (value, writer) => writer.octets(value.split(".").map(Number)),
  unpack: (reader) => reader.octets(4).join("."),
};

/** An Ethernet address. It has no initial value: it is required in a struct. */
export const enaddr: AsciiType<string> = {
  description: { kind: "named", name: "enaddr", examples: ["00:11:22:aa:bb:cc"] },
  parse: (scanner) => {
    return formatEther(parseParts(scanner, { separator: ":", count: 6, what: "an Ethernet address", octet: hexOctet }));
  },
  read: (literal) => readScalar(enaddr, literal),
  format: (value) => value,
  pack: (value, writer) => writer.octets(value.split(":").map((part) => parseInt(part, 16))),
  unpack: (reader) => formatEther([...reader.octets(6)]),
};

interface PartGrammar {
  readonly separator: string;
  readonly count: number;
  readonly what: string;
  /** The octet of a part, NaN for an invalid one. */
  octet(text: string): number;
}

function parseParts(scanner: Scanner, grammar: PartGrammar): number[] {
  const { separator, count, what, octet } = grammar;
  const token = scanner.peek();
  const parts = token.kind === "word" ? token.text.split(separator) : [];
  if (parts.length !== count) {
    throw scanner.failAt(token, "EINVAL", `Expected ${what} but found ${describeToken(token)}`);
  }
  let offset = token.offset;
  const octets = parts.map((part) => {
    const value = octet(part);
    if (!(value >= 0 && value <= 255)) {
      throw scanner.fail("EINVAL", `Part "${part}" of ${what} is not between 0 and 255`, {
        offset,
        length: part.length,
      });
    }
    offset += part.length + separator.length;
    return value;
  });
  scanner.next();
  return octets;
}

function cOctet(text: string): number {
  if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return parseInt(text, 16);
  return /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : NaN;
}

function hexOctet(text: string): number {
  return /^(0[xX])?[0-9a-fA-F]+$/.test(text) ? parseInt(text, 16) : NaN;
}

function formatEther(octets: readonly number[]): string {
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}
