/**
 * A line of a file above a caret: tabs are replaced by blanks, other control characters by visible symbols, so that no
 * text can move the caret.
 *
 * @module
 */

import { charactersOf, displayWidth } from "../../display_width.ts";
import { printable } from "../../printable.ts";

const TAB_WIDTH = 4;

/**
 * A text as printable characters, one element each.
 *
 * @param column the cells before it, which determine the width of a tab
 */
export function cellsOf(text: string, column: number): readonly string[] {
  const cells: string[] = [];
  let at = column;
  for (const character of charactersOf(text)) {
    if (character === "\t") {
      const width = TAB_WIDTH - at % TAB_WIDTH;
      for (let blank = 0; blank < width; blank++) cells.push(" ");
      at += width;
      continue;
    }
    const cell = Array.from(character, visible).join("");
    cells.push(cell);
    at += displayWidth(cell);
  }
  return cells;
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // The symbol for an escape has an octet that begins a sequence on terminals without UTF-8.
  if (code === 0x1b) return "\ufffd";
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if (code >= 0x80 && code < 0xa0) return "\ufffd";
  // Characters that change the writing direction would move the caret, and the text.
  if (printable(character) !== character) return "\ufffd";
  return character;
}
