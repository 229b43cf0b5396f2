/**
 * Arrays, and arrays of octets.
 *
 * ```text
 * array  = "[" ( [ index "=" ] value )* "]"      no blank between index and "="
 * octets = array | string
 * ```
 *
 * An element without index follows the one before it; the elements between have the type's initial value and are not
 * printed. The last element determines the length of an array without fixed length, so it is always printed. In binary
 * such an array reaches to the end of the message.
 *
 * @module
 */

import { parseInteger } from "./number.ts";
import { alignmentOf, isOpenEnded, packSized, unpackSized } from "./octets.ts";
import { readComposite, type Source, visitElements } from "./part.ts";
import { readQuoted } from "./quote.ts";
import { Scanner } from "./scanner.ts";
import { integer } from "./scalar.ts";
import type { AsciiType } from "./type.ts";

/** The most elements an array without fixed length may have: an index must not exhaust the memory. */
const MAX_LENGTH = 65_536;

/** An array; without `length` it is as long as the given elements. */
export function array<T>(element: AsciiType<T>, options: { length?: number } = {}): AsciiType<readonly T[]> {
  const length = options.length ?? null;
  const initial = element.initial === undefined
    ? length === null ? [] : null
    : Array.from({ length: length ?? 0 }, () => element.initial).filter((value) => value !== undefined);
  // Not in FreeBSD: such an element begins with its length.
  const sized = isOpenEnded(element.description);
  const readFrom = (source: Source): readonly T[] => readElements(element, length, source);
  const type: AsciiType<readonly T[]> = {
    description: { kind: "array", element: element.description, length },
    ...(initial === null ? {} : { initial }),
    parse: readFrom,
    read: (literal) => readComposite(type, literal, readFrom),
    format: (value) => formatElements(value, element, { keepLength: length === null }),
    pack: (value, writer) => {
      for (const each of value) {
        if (sized) {
          packSized(writer, (inner) => element.pack(each, inner));
          continue;
        }
        writer.align(alignmentOf(element.description));
        element.pack(each, writer);
      }
    },
    unpack: (reader) => {
      const values: T[] = [];
      while (length === null ? reader.remaining > 0 : values.length < length) {
        if (!sized) reader.align(alignmentOf(element.description));
        values.push(sized ? unpackSized(reader, (inner) => element.unpack(inner)) : element.unpack(reader));
      }
      return values;
    },
  };
  return type;
}

/** Octets accept -128 to 255, as in the kernel: 255 and -1 are the same octet. */
const OCTET = { bits: 8, signed: false, hex: true, min: -128 } as const;

/**
 * An array of octets, or a quoted string.
 *
 * @param options `length`: that many, shorter ones are filled up with zeros; `octal`: elements follow C's rules
 */
export function octets(options: { length?: number; octal?: boolean } = {}): AsciiType<Uint8Array> {
  const length = options.length ?? null;
  const element = integer({ ...OCTET, octal: options.octal === true });
  const readFrom = (source: Source): Uint8Array => {
    if (source instanceof Scanner && source.peek().kind !== "[") return readText(source, length);
    return Uint8Array.from(readElements(element, length, source));
  };
  const type: AsciiType<Uint8Array> = {
    description: { kind: "octets", length },
    initial: new Uint8Array(length ?? 0),
    parse: readFrom,
    read: (literal) => readComposite(type, literal, readFrom),
    format: (value) => formatOctets(value, { keepLength: length === null }),
    pack: (value, writer) => writer.octets(value),
    unpack: (reader) => reader.octets(length ?? reader.remaining),
  };
  return type;
}

/** The text of octets; `keepLength` prints the last one even if it is zero. */
export function formatOctets(value: Uint8Array, options: { keepLength: boolean }): string {
  return formatElements([...value], integer(OCTET), options);
}

function readText(scanner: Scanner, length: number | null): Uint8Array {
  const token = scanner.peek();
  if (token.kind === "word") {
    throw scanner.failAt(
      token,
      "EINVAL",
      `Expected octets but found "${token.text}"`,
      "such as [ 0x1 2 ] or a quoted string",
    );
  }
  const text = readQuoted(scanner);
  const limit = length ?? MAX_LENGTH;
  if (text.length > limit) {
    throw scanner.failAt(token, "E2BIG", `String has ${text.length} octets where ${limit} are the most`);
  }
  if (length === null) return text;
  const filled = new Uint8Array(length);
  filled.set(text);
  return filled;
}

function readElements<T>(element: AsciiType<T>, length: number | null, source: Source): T[] {
  const given = new Map<number, T>();
  const limit = length ?? MAX_LENGTH;
  let next = 0;
  let last = -1;
  const whole = visitElements(source, (part) => {
    const index = part.name === "" ? BigInt(next) : indexOf(part.name);
    if (index < 0n || index >= BigInt(limit)) {
      throw part.failName("E2BIG", `Index ${index} is beyond the array's ${limit} elements`);
    }
    const at = Number(index);
    if (given.has(at)) throw part.failName("EALREADY", `Element ${at} is set twice`);
    next = at + 1;
    last = Math.max(last, at);
    given.set(at, part.read(element));
  });
  const values: T[] = [];
  for (let at = 0; at < (length ?? last + 1); at++) {
    const value = given.has(at) ? given.get(at) : element.initial;
    if (value === undefined) throw whole.fail("EOPNOTSUPP", `Element ${at} is missing`);
    values.push(value);
  }
  return values;
}

/** The number of an index that was checked when the text was walked. */
function indexOf(text: string): bigint {
  const scanner = new Scanner(text);
  return parseInteger(scanner, scanner.next(), { octal: true });
}

function formatElements<T>(values: readonly T[], element: AsciiType<T>, options: { keepLength: boolean }): string {
  const omitted = element.initial === undefined ? null : element.format(element.initial);
  const texts: string[] = [];
  let next = 0;
  values.forEach((value, index) => {
    const text = element.format(value);
    const isLast = options.keepLength && index === values.length - 1;
    if (text === omitted && !isLast) return;
    texts.push(index === next ? text : `${index}=${text}`);
    next = index + 1;
  });
  return texts.length === 0 ? "[]" : `[ ${texts.join(" ")} ]`;
}
