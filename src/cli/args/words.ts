/**
 * Words of the command line for the argument parser, which does not know options with an optional value, or words for
 * other parsers.
 *
 * @module
 */

import type { Verb } from "../verb.ts";
import { DEFAULT_WAIT, readDuration } from "./parts.ts";

/** The words after a verb, for its grammar. */
export function readable({ shielded }: Verb, rest: readonly string[]): readonly string[] {
  return shielded === undefined ? expandWait(rest) : shieldWords(rest, shielded);
}

/** Adds the value to a `--wait` without one: the parser does not know optional values. */
function expandWait(rest: readonly string[]): readonly string[] {
  const end = rest.indexOf("--");
  return rest.map((word, index) => {
    const next = rest[index + 1] ?? "";
    // A word that starts like a duration is an invalid duration, and not a file's name.
    const alone = readDuration(next) === null && !/^\d[^./]*$/.test(next);
    return word === "--wait" && alone && (end < 0 || index < end) ? `--wait=${DEFAULT_WAIT}` : word;
  });
}

/** Puts `--` before the first word that is not an option, so that no later word is read as one of ours. */
function shieldWords(rest: readonly string[], valued: readonly string[]): readonly string[] {
  let index = 0;
  for (let word = rest[0]; word?.startsWith("-") === true && word !== "--"; word = rest[index]) {
    index += valued.includes(word) ? 2 : 1;
  }
  return index >= rest.length || rest[index] === "--" ? rest : [...rest.slice(0, index), "--", ...rest.slice(index)];
}
