/**
 * Words of the command line as the argument parser can read them: it knows no options whose value may be left out, and
 * no words that are not ours.
 *
 * @module
 */

import type { Verb } from "../verb.ts";
import { DEFAULT_WAIT, readDuration } from "./parts.ts";

/** The words behind a verb, as its grammar reads them. */
export function readable({ shielded }: Verb, rest: readonly string[]): readonly string[] {
  return shielded === undefined ? expandWait(rest) : shieldWords(rest, shielded);
}

/** Gives a `--wait` that stands alone its value: the parser knows no optional ones. */
function expandWait(rest: readonly string[]): readonly string[] {
  const end = rest.indexOf("--");
  return rest.map((word, index) => {
    const next = rest[index + 1] ?? "";
    // What begins as a duration is a wrong one, and not a file's name.
    const alone = readDuration(next) === null && !/^\d[^./]*$/.test(next);
    return word === "--wait" && alone && (end < 0 || index < end) ? `--wait=${DEFAULT_WAIT}` : word;
  });
}

/** Puts `--` before the first word that is no option, so that nothing behind it is taken for one of ours. */
function shieldWords(rest: readonly string[], valued: readonly string[]): readonly string[] {
  let index = 0;
  for (let word = rest[0]; word?.startsWith("-") === true && word !== "--"; word = rest[index]) {
    index += valued.includes(word) ? 2 : 1;
  }
  return index >= rest.length || rest[index] === "--" ? rest : [...rest.slice(0, index), "--", ...rest.slice(index)];
}
