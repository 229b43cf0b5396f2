/**
 * IP addresses between text and octets.
 *
 * IPv4 parts are decimal, also with leading zeros, as in the kernel's socket addresses. IPv6 is written as in RFC 5952,
 * IPv4-mapped addresses with their IPv4 part (`::ffff:1.2.3.4`).
 *
 * @module
 */

import { shifted } from "../ascii/shift.ts";
import { AsciiError } from "../ascii/error.ts";

/**
 * The four octets of an IPv4 address.
 *
 * @throws AsciiError EINVAL at the part that is wrong
 */
export function parseIpv4(text: string): Uint8Array {
  const parts = text.split(".");
  if (parts.length !== 4) throw refuse(`"${text}" is not an IPv4 address`, 0, text.length);
  let offset = 0;
  return Uint8Array.from(parts, (part) => {
    if (!/^[0-9]+$/.test(part) || Number(part) > 255) {
      throw refuse(`Part "${part}" of "${text}" is not between 0 and 255`, offset, part.length);
    }
    offset += part.length + 1;
    return Number(part);
  });
}

/** The text of four octets. */
export function formatIpv4(octets: Uint8Array): string {
  return octets.join(".");
}

/**
 * The sixteen octets of an IPv6 address, without brackets and zone.
 *
 * @throws AsciiError EINVAL at the group that is wrong
 */
export function parseIpv6(text: string): Uint8Array {
  const gap = text.indexOf("::");
  if (gap < 0) {
    const octets = parseGroups(text, 0, text);
    if (octets.length !== 16) throw refuse(`"${text}" is not an IPv6 address`, 0, text.length);
    return Uint8Array.from(octets);
  }
  const head = parseGroups(text.slice(0, gap), 0, text);
  const tail = parseGroups(text.slice(gap + 2), gap + 2, text);
  const zeros = 16 - head.length - tail.length;
  // "::" replaces at least one group, and an IPv4 part only for the last two.
  if (zeros < 2 || text.slice(0, gap).includes(".")) throw refuse(`"${text}" is not an IPv6 address`, 0, text.length);
  return Uint8Array.from([...head, ...Array.from({ length: zeros }, () => 0), ...tail]);
}

/** The text of sixteen octets as in RFC 5952. */
export function formatIpv6(octets: Uint8Array): string {
  if (isMapped(octets)) return `::ffff:${formatIpv4(octets.subarray(12))}`;
  const groups = Array.from({ length: 8 }, (_, index) => (octets[2 * index] ?? 0) * 256 + (octets[2 * index + 1] ?? 0));
  const { start, length } = longestZeros(groups);
  const texts = groups.map((group) => group.toString(16));
  if (length < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}

/** True for `::ffff:0:0/96`, IPv4 within IPv6. */
export function isMapped(octets: Uint8Array): boolean {
  return octets.length === 16 && octets.subarray(0, 10).every((octet) => octet === 0) &&
    octets[10] === 0xff && octets[11] === 0xff;
}

function parseGroups(text: string, start: number, whole: string): number[] {
  if (text === "") return [];
  const octets: number[] = [];
  const groups = text.split(":");
  let offset = start;
  groups.forEach((group, index) => {
    if (group.includes(".") && index === groups.length - 1) {
      octets.push(...shifted(offset, () => parseIpv4(group)));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const number = parseInt(group, 16);
      octets.push(number >> 8, number & 0xff);
    } else {
      throw refuse(`Group "${group}" of "${whole}" is not of 1 to 4 hexadecimal digits`, offset, group.length);
    }
    offset += group.length + 1;
  });
  return octets;
}

/** The longest run of zero groups; the first of equal ones. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}

function refuse(message: string, offset: number, length: number): AsciiError {
  return new AsciiError("EINVAL", message, { offset, length });
}

/** True for a link-local IPv6 address, which needs a zone. */
export function hasZone([first = 0, second = 0]: Uint8Array): boolean {
  if (first === 0xfe) return (second & 0xc0) === 0x80;
  return first === 0xff && ((second & 0x0f) === 1 || (second & 0x0f) === 2);
}
