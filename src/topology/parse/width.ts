/**
 * How many cells of a terminal a text takes: East Asian characters and emoji take two, combining marks none. Tabs
 * become blanks, other control characters become their visible pictures, so that no text can move the caret.
 *
 * @module
 */

import { printable } from "../../printable.ts";

const TAB_WIDTH = 4;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]/u;

/** Ranges of code points that take two cells (Unicode's East Asian Width W and F, in blocks). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

/**
 * A text as printable characters, one element each.
 *
 * @param column the cells before it, which decide how far a tab reaches
 */
export function cellsOf(text: string, column: number): readonly string[] {
  const cells: string[] = [];
  let at = column;
  for (const character of text) {
    if (character === "\t") {
      const width = TAB_WIDTH - at % TAB_WIDTH;
      for (let blank = 0; blank < width; blank++) cells.push(" ");
      at += width;
      continue;
    }
    const cell = visible(character);
    cells.push(cell);
    at += cellWidth(cell);
  }
  return cells;
}

/** The cells of one character. */
export function cellWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return code === 0xad ? 0 : 1;
  if (ZERO.test(character)) return 0;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // The symbol for an escape has an octet that begins a sequence on terminals without UTF-8.
  if (code === 0x1b) return "\ufffd";
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if (code >= 0x80 && code < 0xa0) return "\ufffd";
  // What changes the direction of writing would move the caret, and what is read.
  if (printable(character) !== character) return "\ufffd";
  return character;
}
