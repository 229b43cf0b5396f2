/**
 * A line of ngctl as words.
 *
 * ```text
 * ngctl (strict)   words end at blanks, 511 are the limit and the rest is ignored; "#" in column 0 begins a comment; no
 *                  quotes; a line of a file that is longer than 2,047 octets continues as another line
 * ours             "#" at the beginning of any word begins a comment; text in double quotes keeps its blanks
 * ```
 *
 * Quotes stay in their word, because the ASCII forms need them: `bind local/"/tmp/a b"`.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import { string } from "../../../ascii/text.ts";

/** ngctl ignores further ones. */
const STRICT_WORDS = 511;
/** As much of a file as ngctl reads at once, the end of the line included: LINE_MAX, less one for the NUL. */
const STRICT_LINE_OCTETS = 2047;

/** The strictness of ngctl's own rules. */
export interface Strictness {
  /** True: as ngctl(8) does it; false: what people expect. */
  readonly strict: boolean;
}

/** Thrown for a line that cannot be split. */
export class LineError extends Error {
  override readonly name: string = "LineError";
}

/**
 * Splits a line; a comment has no words.
 *
 * @throws LineError for a quote that is not closed
 */
export function splitLine(line: string, { strict }: Strictness): readonly string[] {
  if (strict) {
    return line.startsWith("#") ? [] : line.split(/\s+/).filter((word) => word !== "").slice(0, STRICT_WORDS);
  }
  const words: string[] = [];
  const pattern = /\s*((?:"(?:\\.|[^"\\])*"|[^\s"])+|")/gy;
  for (const [, word = ""] of line.matchAll(pattern)) {
    if (word.startsWith("#")) return words;
    if (word === '"') throw new LineError(`Quote in "${line.trim()}" is not closed`);
    words.push(word);
  }
  return words;
}

/** The lines of a file. */
export function scriptLines(text: string, { strict }: Strictness): readonly string[] {
  const lines = text.split("\n");
  if (!strict) return lines;
  return lines.flatMap((line, index) => piecesOf(index < lines.length - 1 ? `${line}\n` : line));
}

/** A line for ngctl, which counts octets instead of characters. */
function piecesOf(line: string): readonly string[] {
  // Most lines are short: a unit of a string has at most three octets.
  if (line.length * 3 <= STRICT_LINE_OCTETS) return [line];
  const octets = new TextEncoder().encode(line);
  const pieces: string[] = [];
  for (let start = 0; start < octets.length; start += STRICT_LINE_OCTETS) {
    pieces.push(new TextDecoder().decode(octets.subarray(start, start + STRICT_LINE_OCTETS)));
  }
  return pieces;
}

/** A word that is a name: quotes around all of it are not part of it. */
export function unquoteWord(word: string, { strict }: Strictness): string {
  return strict || !/^".*"$/s.test(word) ? word : parseText(string, word);
}

/** Options before the rest; null for one that is not `known`. */
export function flagsOf(
  words: readonly string[],
  known: string,
): { readonly flags: ReadonlySet<string> | null; readonly rest: readonly string[] } {
  const count = words.findIndex((word) => !/^-./.test(word));
  const options = words.slice(0, count < 0 ? words.length : count);
  const flags = new Set(options.flatMap((word) => [...word.slice(1)]));
  return { flags: [...flags].every((flag) => known.includes(flag)) ? flags : null, rest: words.slice(options.length) };
}

/** The debug level that a word means, null for a word that means none; strictly, read as atoi(3) reads numbers. */
export function debugLevel(
  word: string,
  { current, strict }: Strictness & { readonly current: number },
): number | null {
  if (word === "+") return current + 1;
  if (word === "-") return Math.max(0, current - 1);
  if (!strict) return /^\d{1,3}$/.test(word) ? Number(word) : null;
  const level = Number.parseInt(word, 10) || 0;
  return level < 0 ? null : level;
}
