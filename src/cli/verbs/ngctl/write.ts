/**
 * The data of `write`: typed octets, or a file.
 *
 * @module
 */

import type { ShellOptions } from "./terms.ts";
import type { Strictness } from "./words.ts";

/** The limit of ngctl's `write`. */
const MAX_WRITE_OCTETS = 8192;

/** Thrown for octets that cannot be sent; with ngctl's text. */
export class WriteError extends Error {
  override readonly name: string = "WriteError";
}

/**
 * Octets as they were typed.
 *
 * @throws WriteError for an invalid word, and for too many; in strict mode further ones are ignored, as in ngctl
 */
export function typedOctets(
  words: readonly string[],
  { strict }: Pick<ShellOptions, "strict">,
): Uint8Array<ArrayBuffer> {
  const sent = strict ? words.slice(0, MAX_WRITE_OCTETS) : words;
  const octets = sent.map((word) => {
    const octet = parseOctet(word, { strict });
    if (octet !== null) return octet;
    const isOctal = !strict && parseOctet(word, { strict: true }) !== null;
    throw new WriteError(
      `invalid byte "${word}"${isOctal ? "; expected decimal or 0x (--strict reads it as C)" : ""}`,
    );
  });
  return bounded(Uint8Array.from(octets), { strict });
}

/**
 * The octets of a file.
 *
 * @throws WriteError for a file that is empty or, unless strict, too long; NetgraphError for one that cannot be read
 */
export async function fileOctets(
  path: string,
  { readFile, strict }: Pick<ShellOptions, "readFile" | "strict">,
): Promise<Uint8Array<ArrayBuffer>> {
  const octets = new Uint8Array(await readFile(path));
  if (octets.length === 0) throw new WriteError(`file "${path}" is empty`);
  return bounded(octets, { strict });
}

function bounded(octets: Uint8Array<ArrayBuffer>, { strict }: { readonly strict: boolean }): Uint8Array<ArrayBuffer> {
  if (octets.length <= MAX_WRITE_OCTETS) return octets;
  if (strict) return octets.slice(0, MAX_WRITE_OCTETS);
  throw new WriteError(`Cannot write ${octets.length} octets: ${MAX_WRITE_OCTETS} is the most`);
}

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
