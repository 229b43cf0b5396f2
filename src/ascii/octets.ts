/**
 * FreeBSD's binary layout of values, little-endian as on amd64, and text as octets.
 *
 * Text is UTF-8. An octet that is not UTF-8 becomes the lone surrogate U+DC80 to U+DCFF, as in Python's
 * `surrogateescape`, so that {@linkcode encodeText} of {@linkcode decodeText} always returns the same octets.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { TypeDescription } from "./description.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The width of an integer in bits. */
export type IntegerBits = 8 | 16 | 32 | 64;

/** Collects octets. Alignment counts from its own beginning. */
export class OctetWriter {
  #octets = new Uint8Array(64);
  #length = 0;

  /** The number of written octets: the offset of the next one. */
  get position(): number {
    return this.#length;
  }

  /** Appends an integer, little-endian, narrowed to its width. */
  integer(value: number | bigint, bits: IntegerBits): void {
    let rest = BigInt.asUintN(bits, BigInt(value));
    const at = this.#reserve(bits / 8);
    for (let index = 0; index < bits / 8; index++) {
      this.#octets[at + index] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  /** Appends octets as they are. */
  octets(octets: Uint8Array | readonly number[]): void {
    const at = this.#reserve(octets.length);
    this.#octets.set(octets, at);
  }

  /** Appends zeros. */
  zeros(count: number): void {
    this.#reserve(count);
  }

  /** Appends zeros up to the next multiple of `alignment`. */
  align(alignment: number): void {
    this.zeros(paddingAt(this.#length, alignment));
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#octets.slice(0, this.#length);
  }

  #reserve(count: number): number {
    const at = this.#length;
    if (at + count > this.#octets.length) {
      const grown = new Uint8Array(Math.max(this.#octets.length * 2, at + count));
      grown.set(this.#octets.subarray(0, at));
      this.#octets = grown;
    }
    this.#length += count;
    return at;
  }
}

/** Walks octets. Alignment counts from their beginning. */
export class OctetReader {
  readonly #octets: Uint8Array;
  #position = 0;

  /** Begins at the first octet. */
  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** The number of read octets: the offset of the next one. */
  get position(): number {
    return this.#position;
  }

  /** The number of remaining octets. */
  get remaining(): number {
    return this.#octets.length - this.#position;
  }

  /** The next octet, which is not read; undefined at the end. */
  get next(): number | undefined {
    return this.#octets[this.#position];
  }

  /** Reads an unsigned integer, little-endian. */
  integer(bits: 8 | 16 | 32): number {
    return Number(this.bigInteger(bits));
  }

  /** Reads an unsigned integer of any width, little-endian. */
  bigInteger(bits: IntegerBits): bigint {
    let value = 0n;
    for (const octet of this.octets(bits / 8).reverse()) value = (value << 8n) | BigInt(octet);
    return value;
  }

  /**
   * Reads a copy of the next octets.
   *
   * @throws NetgraphError EINVAL if fewer are left
   */
  octets(count: number): Uint8Array {
    if (count > this.remaining) {
      throw new NetgraphError(
        "EINVAL",
        `Cannot unpack ${count} octets at ${this.#position}: the message has ${this.#octets.length}`,
      );
    }
    this.#position += count;
    return this.#octets.slice(this.#position - count, this.#position);
  }

  /** Reads the octets up to a NUL, and the NUL. */
  terminated(): Uint8Array {
    const end = this.#octets.indexOf(0, this.#position);
    if (end < 0) throw new NetgraphError("EINVAL", `Cannot unpack a string at ${this.#position}: it has no end`);
    const octets = this.octets(end - this.#position);
    this.octets(1);
    return octets;
  }

  /** Skips to the next multiple of `alignment`, or to the end where the padding was left out. */
  align(alignment: number): void {
    this.octets(Math.min(this.remaining, paddingAt(this.#position, alignment)));
  }
}

/** Natural alignment of a type in octets: that of its widest integer. */
export function alignmentOf(description: TypeDescription): number {
  switch (description.kind) {
    case "integer":
      return description.bits / 8;
    case "enum":
      return description.bits / 8;
    case "duration":
    case "dictionary":
      return 4;
    case "size":
      return 8;
    case "struct":
      return description.fields.reduce((widest, field) => Math.max(widest, alignmentOf(field.type)), 1);
    case "array":
      return alignmentOf(description.element);
    case "boolean":
      return (description.bits ?? 8) / 8;
    case "string":
    case "octets":
    case "named":
      return 1;
  }
}

/** True when a value's octets do not define their end: an array without length reaches to the end of the message. */
export function isOpenEnded(description: TypeDescription): boolean {
  switch (description.kind) {
    case "array":
    case "octets":
      return description.length === null;
    case "struct":
      return description.fields.some((field) => isOpenEnded(field.type));
    default:
      return false;
  }
}

/** Appends the output of `pack` after its length in 32 bits: for values that do not define their end. */
export function packSized(writer: OctetWriter, pack: (inner: OctetWriter) => void): void {
  const inner = new OctetWriter();
  pack(inner);
  const octets = inner.finish();
  writer.integer(octets.length, 32);
  writer.octets(octets);
}

/** Reads what {@linkcode packSized} wrote. */
export function unpackSized<T>(reader: OctetReader, unpack: (inner: OctetReader) => T): T {
  const inner = new OctetReader(reader.octets(reader.integer(32)));
  const value = unpack(inner);
  if (inner.remaining === 0) return value;
  throw new NetgraphError("EINVAL", `Cannot unpack a value at ${reader.position}: ${inner.remaining} octets are left`);
}

/** Text as octets: UTF-8, with escaped octets as they were. */
export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return ENCODER.encode(text);
  const writer = new OctetWriter();
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    writer.octets(code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : ENCODER.encode(character));
  }
  return writer.finish();
}

/** Octets as text; what is no UTF-8 becomes lone surrogates. */
export function decodeText(octets: Uint8Array): string {
  return decodeUtf8(octets) ?? decodeMixed(octets);
}

function decodeMixed(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length;) {
    const first = octets[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const character = at + length <= octets.length ? decodeUtf8(octets.subarray(at, at + length)) : null;
    text += character ?? String.fromCharCode(0xdc00 + first);
    at += character === null ? 1 : length;
  }
  return text;
}

function decodeUtf8(octets: Uint8Array): string | null {
  try {
    return DECODER.decode(octets);
  } catch {
    // Invalid UTF-8 is a result here: the caller then decodes the octets one by one.
    return null;
  }
}

function paddingAt(position: number, alignment: number): number {
  return (alignment - (position % alignment)) % alignment;
}
