/**
 * Blocks of IP addresses, for allow and deny lists.
 *
 * ```text
 * cidr = address [ "/" prefix ]       10.0.0.0/8, ::1/128, 192.0.2.1
 * ```
 *
 * @module
 */

import { readScalar } from "../ascii/part.ts";
import { describeToken, type Scanner } from "../ascii/scanner.ts";
import { shifted } from "../ascii/shift.ts";
import type { AsciiType } from "../ascii/type.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

/** A block of addresses. */
export interface Cidr {
  /** The kind of addresses. */
  readonly family: "inet" | "inet6";
  /** The first address of the block. */
  readonly host: string;
  /** The number of leading bits that count. */
  readonly prefix: number;
}

/** A block of addresses; a single address is a block of one. */
export const cidr: AsciiType<Cidr> = {
  description: { kind: "named", name: "cidr", examples: ["10.0.0.0/8", "::1/128", "192.0.2.1"] },
  parse: parseCidr,
  read: (literal) => readScalar(cidr, literal),
  format: ({ family, host, prefix }) => prefix === bitsOf(family) ? host : `${host}/${prefix}`,
  pack: ({ family, host, prefix }, writer) => {
    writer.octets([prefix, family === "inet" ? 4 : 16]);
    writer.octets(octetsOf(family, host));
  },
  unpack: (reader) => {
    const prefix = reader.integer(8);
    const octets = reader.octets(reader.integer(8) === 4 ? 4 : 16);
    const family = octets.length === 4 ? "inet" : "inet6";
    return { family, host: formatHost(family, octets), prefix };
  },
};

/** True when every address of `inner` is also in `block`. */
export function cidrCovers(block: Cidr, inner: Cidr): boolean {
  if (block.family !== inner.family || block.prefix > inner.prefix) return false;
  const first = octetsOf(block.family, block.host);
  const octets = octetsOf(inner.family, inner.host);
  return octets.every((octet, index) => ((octet ^ (first[index] ?? 0)) & maskAt(block.prefix, index)) === 0);
}

function parseCidr(scanner: Scanner): Cidr {
  const token = scanner.peek();
  if (token.kind !== "word") {
    throw scanner.failAt(token, "EINVAL", `Expected an address block but found ${describeToken(token)}`);
  }
  const slash = token.text.indexOf("/");
  const text = slash < 0 ? token.text : token.text.slice(0, slash);
  const family = text.includes(":") ? "inet6" : "inet";
  const octets = shifted(token.offset, () => octetsOf(family, text));
  const prefix = slash < 0 ? bitsOf(family) : parsePrefix(scanner, {
    text: token.text.slice(slash + 1),
    offset: token.offset + slash + 1,
    max: bitsOf(family),
  });
  const first = octets.map((octet, index) => octet & maskAt(prefix, index));
  const host = formatHost(family, first);
  if (octets.some((octet, index) => octet !== first[index])) {
    const message = `Address "${text}" has bits beyond its prefix of ${prefix}`;
    throw scanner.failAt(token, "EINVAL", message, `did you mean "${host}/${prefix}"?`);
  }
  scanner.next();
  return { family, host, prefix };
}

function parsePrefix(scanner: Scanner, found: { text: string; offset: number; max: number }): number {
  const { text, offset, max } = found;
  if (/^(0|[1-9][0-9]*)$/.test(text) && Number(text) <= max) return Number(text);
  throw scanner.fail("EINVAL", `Prefix length "${text}" is not between 0 and ${max}`, { offset, length: text.length });
}

function octetsOf(family: "inet" | "inet6", host: string): Uint8Array {
  return family === "inet" ? parseIpv4(host) : parseIpv6(host);
}

function formatHost(family: "inet" | "inet6", octets: Uint8Array): string {
  return family === "inet" ? formatIpv4(octets) : formatIpv6(octets);
}

function bitsOf(family: "inet" | "inet6"): number {
  return family === "inet" ? 32 : 128;
}

/** The bits that count in one octet of an address. */
function maskAt(prefix: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefix - 8 * index));
  return 0xff & (0xff << (8 - bits));
}
