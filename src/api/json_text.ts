/**
 * A JSON text that arrives in pieces, and its value, made in pieces too: the thread that parses it also moves data.
 *
 * While it arrives, the size of its value is counted, blanks are removed, and the end of each large list or object is
 * recorded. Parsing then iterates over the large ones and passes small parts to `JSON.parse`, many at a time.
 *
 * @module
 */

import { GrowingBuffer } from "../growing_buffer.ts";
import type { Task } from "../cooperative.ts";
import { MalformedError } from "./fields.ts";

/** The limit of values and separators of a text. */
const MAX_TOKENS = 1_000_000;
/** The limit of nesting. */
const MAX_DEPTH = 100;
/** The limit of a text or number in it, in bytes. */
const MAX_LEAF_BYTES = 1024 * 1024;
/** So much is parsed at a stretch, and a single text or number. */
export const PIECE_BYTES = 32 * 1024;

const LEAST_PIECE_BYTES = 2;

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_MAP = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_MAP = 0x7d;
const SPACE = 0x20;

const PLAIN = 0;
const BLANK = 1;
const MARK = 2;
/** The class of each byte outside of texts. */
const KINDS = new Uint8Array(256);
for (const byte of [0x09, 0x0a, 0x0d, SPACE]) KINDS[byte] = BLANK;
for (const byte of [COMMA, COLON, OPEN_LIST, OPEN_MAP, CLOSE_LIST, CLOSE_MAP]) KINDS[byte] = MARK;

/** A text that arrives in pieces. */
export class JsonText {
  readonly #gathered: GrowingBuffer;
  readonly #pieceBytes: number;
  #scan = { quoted: false, escaped: false, blank: false, leaf: 0 };
  /** The starts of the open lists and objects. */
  readonly #open: number[] = [];
  /** The ends of large ones, by their starts. */
  readonly #ends = new Map<number, number>();
  #tokens = 0;

  /**
   * @param maxBytes how long it may be, without blanks
   * @param pieceBytes how much is parsed at a stretch
   */
  constructor(maxBytes: number, pieceBytes: number = PIECE_BYTES) {
    this.#gathered = new GrowingBuffer(maxBytes);
    // An empty list with a blank in it is never a large one.
    this.#pieceBytes = Math.max(pieceBytes, LEAST_PIECE_BYTES);
  }

  /** The length that has arrived, without blanks. */
  get length(): number {
    return this.#gathered.length;
  }

  /**
   * Adds a piece; false if the whole would be longer than the limit.
   *
   * @throws MalformedError if it is too large, or if a bracket is closed before it is opened
   */
  add(piece: Uint8Array): boolean {
    const kept = new Uint8Array(piece.length);
    const before = this.#gathered.length;
    let length = 0;
    let { quoted, escaped, blank, leaf } = this.#scan;
    for (const byte of piece) {
      const kind = quoted ? PLAIN : KINDS[byte];
      if (kind === BLANK) {
        // One of them stays: `1 2` is not `12`.
        if (!blank) kept[length++] = SPACE;
        blank = true;
        continue;
      }
      blank = false;
      leaf = kind === MARK ? 0 : leaf + 1;
      if (kind === MARK) this.#countMark(byte, before + length);
      else if (escaped) escaped = false;
      else if (byte === QUOTE) quoted = !quoted;
      else if (byte === BACKSLASH) escaped = quoted;
      kept[length++] = byte;
    }
    this.#scan = { quoted, escaped, blank, leaf };
    if (leaf > MAX_LEAF_BYTES) {
      throw new MalformedError(`The request has a text of more than ${MAX_LEAF_BYTES / (1024 * 1024)} MiB`);
    }
    return this.#gathered.add(kept.subarray(0, length));
  }

  #countMark(byte: number, at: number): void {
    const opens = byte === OPEN_LIST || byte === OPEN_MAP;
    if ((opens || byte === COMMA) && ++this.#tokens > MAX_TOKENS) {
      throw new MalformedError(`The request has more than ${MAX_TOKENS.toLocaleString("en")} values`);
    }
    if (opens && this.#open.push(at) > MAX_DEPTH) {
      throw new MalformedError(`The request is nested more than ${MAX_DEPTH} levels deep`);
    }
    if (byte === CLOSE_LIST || byte === CLOSE_MAP) this.#close(at);
  }

  #close(at: number): void {
    const start = this.#open.pop();
    if (start === undefined) throw notJson("it closes what is not open");
    if (at - start > this.#pieceBytes) this.#ends.set(start, at);
  }

  /**
   * Its value, once it is complete.
   *
   * @throws MalformedError for what is not JSON
   */
  *value(): Task<unknown> {
    if (this.#open.length > 0) throw notJson("it ends within a list or an object");
    const bytes = this.#gathered.whole();
    const first = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0;
    const start = bytes[first] === SPACE ? first + 1 : first;
    const end = this.#ends.get(start);
    if (end === undefined) {
      if (bytes.length > 2 * MAX_LEAF_BYTES) throw notJson("it does not begin with a bracket");
      return parse("", bytes, "");
    }
    requireBlank(bytes.subarray(end + 1));
    return yield* new LargeValues(bytes, this.#ends, this.#pieceBytes).read(start, end);
  }
}

/** Makes the values of large lists and objects. */
class LargeValues {
  readonly #bytes: Uint8Array;
  readonly #ends: ReadonlyMap<number, number>;
  readonly #pieceBytes: number;

  constructor(bytes: Uint8Array, ends: ReadonlyMap<number, number>, pieceBytes: number) {
    this.#bytes = bytes;
    this.#ends = ends;
    this.#pieceBytes = pieceBytes;
  }

  /** The value of a list or object between its brackets. */
  *read(start: number, end: number): Task<unknown> {
    const isList = this.#bytes[start] === OPEN_LIST;
    if (this.#bytes[end] !== (isList ? CLOSE_LIST : CLOSE_MAP)) throw notJson("it closes a list as an object");
    return isList ? yield* this.#readList(start, end) : yield* this.#readMap(start, end);
  }

  *#readList(start: number, end: number): Task<unknown[]> {
    const list: unknown[] = [];
    for (const { before, large } of this.#parts(start, end)) {
      if (before !== null) {
        const items = parse("[", before, "]");
        if (Array.isArray(items)) { for (const item of items) list.push(item); }
      }
      if (large !== null) {
        requireBlank(large.before);
        list.push(yield* this.read(large.start, large.end));
      }
      yield;
    }
    return list;
  }

  *#readMap(start: number, end: number): Task<Record<string, unknown>> {
    const map: Record<string, unknown> = {};
    for (const { before, large } of this.#parts(start, end)) {
      if (before !== null) assign(map, parse("{", before, "}"));
      if (large !== null) {
        const value = yield* this.read(large.start, large.end);
        const entry = parse("{", large.before, "null}");
        for (const key of Object.keys(entry ?? {})) assign(map, { [key]: value });
      }
      yield;
    }
    return map;
  }

  /** The content of two brackets: small parts, many at a time, and large ones. */
  *#parts(start: number, end: number): Generator<Part, void, void> {
    const bytes = this.#bytes;
    let quoted = false;
    let depth = 0;
    let from = start + 1; // The start of the small parts that were not returned yet,
    let item = from; // and the last of them.
    for (let at = from; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) quoted = !quoted;
      else if (quoted && byte === BACKSLASH) at++; // The next character does not end a text.
      if (quoted || KINDS[byte] !== MARK) continue;
      const large = depth === 0 && (byte === OPEN_LIST || byte === OPEN_MAP) ? this.#ends.get(at) : undefined;
      if (large !== undefined) {
        const before = item > from ? bytes.subarray(from, item - 1) : null;
        yield { before, large: { before: bytes.subarray(item, at), start: at, end: large } };
        at = large + 1;
        if (bytes[at] === SPACE) at++;
        if (at === end) return;
        if (bytes[at] !== COMMA) throw notJson("a comma is missing");
        from = item = at + 1;
      } else if (byte === OPEN_LIST || byte === OPEN_MAP) depth++;
      else if (byte === CLOSE_LIST || byte === CLOSE_MAP) depth--;
      else if (byte === COMMA && depth === 0) {
        item = at + 1;
        if (at - from < this.#pieceBytes) continue;
        yield { before: bytes.subarray(from, at), large: null };
        from = item;
      }
    }
    yield { before: bytes.subarray(from, end), large: null };
  }
}

/** Parts of a list or object, one after the other. */
interface Part {
  /** Small ones, with the commas between them; null if there is none. */
  readonly before: Uint8Array | null;
  /** A large one, and the text between the last comma and it. */
  readonly large: { readonly before: Uint8Array; readonly start: number; readonly end: number } | null;
}

/** Adds fields as JSON does: `__proto__` is an ordinary field. */
function assign(map: Record<string, unknown>, fields: unknown): void {
  for (const [key, value] of Object.entries(fields ?? {})) {
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** The value of small parts, which must be there; the brackets around them are put in. */
function parse(open: string, bytes: Uint8Array, close: string): unknown {
  if (open !== "" && (bytes.length === 0 || (bytes.length === 1 && bytes[0] === SPACE))) {
    throw notJson("a value is missing");
  }
  try {
    return JSON.parse(open + new TextDecoder("utf-8", { ignoreBOM: open !== "" }).decode(bytes) + close);
  } catch (error) {
    throw notJson(error instanceof Error ? error.message : String(error));
  }
}

function requireBlank(bytes: Uint8Array): void {
  if (bytes.length > 1 || (bytes.length === 1 && bytes[0] !== SPACE)) throw notJson("a comma is missing");
}

function notJson(why: string): MalformedError {
  return new MalformedError(`The request is not JSON: ${why}`);
}
