/**
 * Quoting: octets as the text between double quotes, and back.
 *
 * ```text
 * string = '"' ( character | escape )* '"'
 * escape = '\' ( t | n | r | v | f | octal digits | x hex digits | any other character: itself )
 * ```
 *
 * As in the kernel, an octal or hexadecimal escape includes every digit that follows and keeps the lowest octet. The
 * canonical form therefore escapes a digit after an escape, where the kernel's would change its meaning.
 *
 * @module
 */

import { encodeText, OctetWriter } from "./octets.ts";
import { describeToken, type Scanner, type Token } from "./scanner.ts";

const ESCAPE = /\\(?:x([0-9a-fA-F]+)|([0-7]+)|([^]))|[^\\]+/g;
const NAMED: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", v: "\v", f: "\f" };
const ESCAPED: Readonly<Record<number, string>> = {
  0x09: "\\t",
  0x0a: "\\n",
  0x0b: "\\v",
  0x0c: "\\f",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};

/** Text without escapes between quotes: most texts are of this kind. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The canonical text of a string: every octet beyond printable ASCII as `\xNN`. */
export function quoteText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let quoted = "";
  let behindEscape = false;
  for (const octet of encodeText(text)) {
    const character = String.fromCharCode(octet);
    const named = ESCAPED[octet];
    const plain: boolean = octet >= 0x20 && octet <= 0x7e && !(behindEscape && /[0-9a-fA-F]/.test(character));
    quoted += named ?? (plain ? character : `\\x${octet.toString(16).padStart(2, "0")}`);
    behindEscape = named === undefined && !plain;
  }
  return `"${quoted}"`;
}

/** The text of a quoted string without escapes; null for any other token. */
export function plainText({ kind, text }: Token): string | null {
  const written = kind === "string" ? text.slice(1, -1) : null;
  return written !== null && PLAIN.test(written) ? written : null;
}

/**
 * Parses a quoted string as octets.
 *
 * @param options `nul`: accept a NUL of several digits (`\x00`), which breaks a string in the kernel
 */
export function readQuoted(scanner: Scanner, options: { nul?: boolean } = {}): Uint8Array {
  const token = scanner.peek();
  if (token.kind !== "string") {
    const hint = token.kind === "word" ? `write a string in double quotes: "${token.text}"` : null;
    throw scanner.failAt(token, "EINVAL", `Expected a quoted string but found ${describeToken(token)}`, hint);
  }
  const writer = new OctetWriter();
  for (const part of token.text.slice(1, -1).matchAll(ESCAPE)) {
    const [text, hex, octal, other] = part;
    const octet = hex !== undefined
      ? parseInt(hex.slice(-2), 16)
      : octal !== undefined
      ? parseInt(octal.slice(-3), 8) & 0xff
      : null;
    if (octet === null) {
      writer.octets(encodeText(other === undefined ? text : NAMED[other] ?? other));
    } else if (octet === 0 && text !== "\\0" && options.nul !== true) {
      const where = { offset: token.offset + 1 + part.index, length: text.length };
      throw scanner.fail("EINVAL", `Escape ${text} is a NUL, which ends the string`, where);
    } else {
      writer.octets([octet]);
    }
  }
  scanner.next();
  return writer.finish();
}
