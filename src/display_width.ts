/**
 * The number of terminal columns of a text: wide characters and emoji have two, regardless of their number of code
 * points; combining ones have none.
 *
 * @module
 */

import stringWidth from "string-width";
import { printable } from "./printable.ts";

/** Texts whose characters all have one column: letters without combining marks, rules, arrows, dashes and dots. */
const NARROW = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u017f\u2013\u2026\u2192\u2500-\u257f]*$/;

const SEGMENTER = new Intl.Segmenter();

/** The columns of a printed text: control characters are printed by their number. */
export function displayWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(printable(text));
}

/** User-perceived characters. */
export function charactersOf(text: string): readonly string[] {
  return NARROW.test(text) ? text.split("") : Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}
