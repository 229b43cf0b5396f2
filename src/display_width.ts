/**
 * How many columns of a terminal a text takes: wide characters and emoji take two, however many code points they are
 * made of; combining ones take none.
 *
 * @module
 */

import stringWidth from "string-width";
import { printable } from "./printable.ts";

/** Texts whose characters all take one column: letters without marks of their own, rules, arrows, dashes and dots. */
const NARROW = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u017f\u2013\u2026\u2192\u2500-\u257f]*$/;

const SEGMENTER = new Intl.Segmenter();

/** The columns that a text takes once it is printed: what would steer the terminal is printed by its number. */
export function displayWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(printable(text));
}

/** What a reader takes for one character each. */
export function charactersOf(text: string): readonly string[] {
  return NARROW.test(text) ? text.split("") : Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}
