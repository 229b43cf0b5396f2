/**
 * How many columns of a terminal a text takes: wide characters take two, combining ones none.
 *
 * @module
 */

import { cellWidth } from "../topology/width.ts";

const NARROW = /^[\u0020-\u007e]*$/;
const ELLIPSIS = "…";
/** What sets a colour, which takes no columns. */
// deno-lint-ignore no-control-regex
const COLOR = /(\u001b\[[\d;]*m)/;
const NO_COLOR = "\u001b[0m";

/** The columns that `text` takes. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += cellWidth(character);
  return width;
}

/** Cuts what is longer than `columns` and marks that with …. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of text) {
    width += cellWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return columns < 1 ? "" : kept + ELLIPSIS;
}

/** Cuts a line that may be coloured; no colour goes on behind it. */
export function truncatePainted(line: string, columns: number): string {
  if (!COLOR.test(line)) return truncate(line, columns);
  let kept = "";
  let room = columns;
  for (const [index, part] of line.split(COLOR).entries()) {
    if (index % 2 === 1) {
      kept += part;
      continue;
    }
    const width = displayWidth(part);
    if (width > room) return kept + truncate(part, room) + NO_COLOR;
    kept += part;
    room -= width;
  }
  return kept;
}

/** Fills `text` up with blanks, behind it or before it. */
export function pad(text: string, columns: number, side: "start" | "end" = "end"): string {
  const blanks = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return side === "end" ? text + blanks : blanks + text;
}

/** Breaks a text at its blanks. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || displayWidth(last) + 1 + displayWidth(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
