/**
 * The start and the end of items in a stream.
 *
 * ```text
 * newline        = bytes [CR] LF                     an item may be empty
 * octet-counted  = nonzero-digit *digit SP bytes *(CR / LF)     (RFC 6587, 3.4.1; line ends as rsyslog bears them)
 * length16       = length in 2 octets, big-endian, octets
 * length32       = length in 4 octets, big-endian, octets
 * ```
 *
 * @module
 */

/** A method to find items in a stream. */
export type FramingName = "newline" | "octet-counted" | "length16" | "length32";

/** Bytes of a stream, from `start` to before `end`. */
export interface StreamPart {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** An item, and the offset of the next one. */
export interface FoundItem {
  readonly kind: "item";
  readonly start: number;
  readonly length: number;
  readonly next: number;
  /** True if it is a line that ended with CR LF; the CR is its last byte. */
  readonly crlf: boolean;
}

/** An item that is longer than allowed. */
export interface LongItem {
  readonly kind: "long";
  /** The offset of its bytes. */
  readonly start: number;
  /** Their number; null: all up to the end of the line. */
  readonly length: number | null;
}

/**
 * - `item`: it is whole
 * - `long`: it is longer than allowed
 * - `between`: the bytes belong to no item
 * - `partial`: more data is needed
 * - `broken`: not an item; the start of the next one is unknown
 */
export type ScanResult =
  | FoundItem
  | LongItem
  | { readonly kind: "between"; readonly next: number }
  | { readonly kind: "partial" }
  | { readonly kind: "broken" };

/** Finds items in a stream. */
export interface Framing {
  /** The greatest overhead of an item, in octets. */
  readonly overhead: number;
  /** True if the bytes before the end of a stream are an item without its end. */
  readonly endsWithStream: boolean;
  /**
   * The item at the beginning.
   *
   * @param options `known`: the number of octets that were scanned before
   */
  scan(part: StreamPart, options: { maxSize: number; known: number }): ScanResult;
  /**
   * The octets before and after an item; null for an item that the framing cannot represent.
   *
   * @param options `crlf`: it was a line that ended with CR LF
   */
  enclose(
    item: StreamPart,
    options?: { crlf: boolean },
  ): { readonly before: Uint8Array; readonly behind: Uint8Array } | null;
}

const PARTIAL = { kind: "partial" } as const;
const BROKEN = { kind: "broken" } as const;
const NOTHING: Uint8Array = new Uint8Array(0);
const LF = 10;
const CR = 13;
const SPACE = 32;
const ZERO = 48;
const NEWLINE: Uint8Array = Uint8Array.of(LF);
const CRLF: Uint8Array = Uint8Array.of(CR, LF);

const newline: Framing = {
  overhead: 1,
  endsWithStream: true,
  scan({ bytes, start, end }, { maxSize, known }) {
    const found = bytes.indexOf(LF, start + known);
    const isWhole = found >= 0 && found < end;
    const at = isWhole ? found : end;
    const length = at - start;
    const crlf = length > 0 && bytes[at - 1] === CR;
    // The CR may belong to the end of the line.
    if (length - (crlf ? 1 : 0) > maxSize) return { kind: "long", start, length: null };
    return isWhole ? { kind: "item", start, length, next: at + 1, crlf } : PARTIAL;
  },
  // Datagrams of lines usually end with a newline.
  enclose({ bytes, start, end }, { crlf } = { crlf: false }) {
    const isLine = end > start && bytes[end - 1] === LF;
    return { before: NOTHING, behind: isLine ? NOTHING : crlf ? CRLF : NEWLINE };
  },
};

/** The minimum number of digits of a safe integer. */
const MAX_DIGITS = 15;

const octetCounted: Framing = {
  overhead: MAX_DIGITS + 1,
  endsWithStream: false,
  scan({ bytes, start, end }, { maxSize }) {
    const first = bytes[start];
    if (first === LF || first === CR) return { kind: "between", next: start + 1 };
    let length = 0;
    for (let at = start; at < end; at++) {
      const octet = bytes[at] ?? 0;
      if (octet === SPACE && at > start) return itemAt({ start: at + 1, length, end }, maxSize);
      const digit = octet - ZERO;
      // RFC 6587: the first digit is not zero.
      if (digit < (at === start ? 1 : 0) || digit > 9) return BROKEN;
      if (at - start >= MAX_DIGITS) return BROKEN;
      length = length * 10 + digit;
    }
    return PARTIAL;
  },
  enclose({ start, end }) {
    return end === start ? null : { before: new TextEncoder().encode(`${end - start} `), behind: NOTHING };
  },
};

/** A length field of this many octets before each item. */
function lengthPrefixed(octets: 2 | 4): Framing {
  return {
    overhead: octets,
    endsWithStream: false,
    scan({ bytes, start, end }, { maxSize }) {
      if (end - start < octets) return PARTIAL;
      let length = 0;
      for (let at = start; at < start + octets; at++) length = length * 256 + (bytes[at] ?? 0);
      return itemAt({ start: start + octets, length, end }, maxSize);
    },
    enclose({ start, end }) {
      const length = end - start;
      if (length >= 256 ** octets) return null;
      const before = new Uint8Array(octets);
      for (let at = octets - 1, left = length; at >= 0; at--, left = Math.floor(left / 256)) before[at] = left % 256;
      return { before, behind: NOTHING };
    },
  };
}

function itemAt({ start, length, end }: { start: number; length: number; end: number }, maxSize: number): ScanResult {
  if (length > maxSize) return { kind: "long", start, length };
  return end - start < length ? PARTIAL : { kind: "item", start, length, next: start + length, crlf: false };
}

/** All methods of framing. */
export const FRAMINGS: Readonly<Record<FramingName, Framing>> = {
  newline,
  "octet-counted": octetCounted,
  length16: lengthPrefixed(2),
  length32: lengthPrefixed(4),
};

/** An item as it stands in a stream, in memory of its own; null if it does not fit into the framing. */
export function enclosed(
  part: StreamPart,
  { framing, crlf }: { readonly framing: FramingName; readonly crlf: boolean },
): Uint8Array<ArrayBuffer> | null {
  const around = FRAMINGS[framing].enclose(part, { crlf });
  if (around === null) return null;
  const { before, behind } = around;
  const { bytes, start, end } = part;
  const octets = new Uint8Array(before.length + end - start + behind.length);
  octets.set(before);
  octets.set(bytes.subarray(start, end), before.length);
  octets.set(behind, before.length + end - start);
  return octets;
}
