/**
 * What `write` sends: octets that were typed, or a file.
 *
 * @module
 */

import { parseOctet } from "./octet.ts";
import type { ShellOptions } from "./terms.ts";

/** As much as ngctl's `write` takes. */
const MAX_WRITE_OCTETS = 8192;

/** Thrown for octets that cannot be sent; says it as ngctl does. */
export class WriteError extends Error {
  override readonly name: string = "WriteError";
}

/**
 * Octets as they were typed.
 *
 * @throws WriteError for a word that is none, and for too many; strictly what is beyond is left out, as ngctl does it
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
