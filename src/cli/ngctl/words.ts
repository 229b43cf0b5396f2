/**
 * A line of ngctl as words.
 *
 * ```text
 * ngctl (strict)   words end at blanks; "#" in column 0 begins a comment; no quotes
 * ours             "#" at the beginning of any word begins a comment; what stands in double quotes keeps its blanks
 * ```
 *
 * Quotes stay in their word, since the ASCII forms want them: `bind local/"/tmp/a b"`.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { string } from "../../ascii/text.ts";

/** How strictly ngctl's own rules are kept. */
export interface Strictness {
  /** True: as ngctl(8) does it; false: what people expect. */
  readonly strict: boolean;
}

/** Thrown for a line that cannot be taken apart. */
export class LineError extends Error {
  override readonly name: string = "LineError";
}

/**
 * Takes a line apart; a comment has no words.
 *
 * @throws LineError for a quote that is not closed
 */
export function splitLine(line: string, { strict }: Strictness): readonly string[] {
  if (strict) return line.startsWith("#") ? [] : line.split(/\s+/).filter((word) => word !== "");
  const words: string[] = [];
  const pattern = /\s*((?:"(?:\\.|[^"\\])*"|[^\s"])+|")/gy;
  for (const [, word = ""] of line.matchAll(pattern)) {
    if (word.startsWith("#")) return words;
    if (word === '"') throw new LineError(`Quote in "${line.trim()}" is not closed`);
    words.push(word);
  }
  return words;
}

/** A word that is a name: quotes around all of it are not part of it. */
export function unquoteWord(word: string, { strict }: Strictness): string {
  return strict || !/^".*"$/s.test(word) ? word : parseText(string, word);
}
