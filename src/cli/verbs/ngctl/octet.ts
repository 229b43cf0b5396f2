/**
 * The octets of `write`: -128 to 255, where a negative one means its two's complement.
 *
 * @module
 */

import type { Strictness } from "./words.ts";

/**
 * Parses one octet. In strict mode like C's `%i`: octal after a leading 0, and text after the digits is ignored.
 *
 * @returns null for what is no octet
 */
export function parseOctet(text: string, { strict }: Strictness): number | null {
  const pattern = strict ? /^([+-]?)(0x[0-9a-f]+|0x|[0-9]+)/i : /^([+-]?)(0x[0-9a-f]+|0|[1-9][0-9]*)$/i;
  const [, sign, digits] = pattern.exec(text) ?? [];
  if (digits === undefined) return null;
  const octal = /^0[0-7]+/.exec(digits)?.[0];
  const size = strict && octal !== undefined ? parseInt(octal, 8) : Number(/^0[89]/.test(digits) ? 0 : digits);
  const value = sign === "-" ? -size : size;
  return Number.isNaN(value) || value < -128 || value > 255 ? null : value & 0xff;
}
