/**
 * How many columns of a terminal a text takes: wide characters take two, combining ones none.
 *
 * @module
 */

import { cellWidth } from "../topology/width.ts";
import { COLOR, NO_COLOR } from "./color.ts";

const NARROW = /^[\u0020-\u007e]*$/;
const ELLIPSIS = "…";
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

/**
 * Breaks a line that may be coloured at its blanks; what follows its first part is indented.
 *
 * Every part has its colours of its own: on a terminal one may be written without the others.
 */
export function wrapPainted(line: string, columns: number, indent: string): readonly string[] {
  if (displayWidth(line.split(COLOR).filter((_, index) => index % 2 === 0).join("")) <= columns) return [line];
  const lines: string[] = [];
  let [part, width, color] = ["", 0, ""];
  // Blanks before the first word are the line's own indentation.
  for (const word of line.split(/(?<=\S) +/)) {
    const [plain = "", ...rest] = word.split(COLOR);
    const own = displayWidth([plain, ...rest.filter((_, index) => index % 2 === 1)].join(""));
    if (part !== "" && width + 1 + own > columns) {
      lines.push(color === "" ? part : part + NO_COLOR);
      [part, width] = [indent + color + word, displayWidth(indent) + own];
    } else {
      [part, width] = part === "" ? [word, own] : [`${part} ${word}`, width + 1 + own];
    }
    const last = rest.filter((_, index) => index % 2 === 0).at(-1);
    if (last !== undefined) color = last === NO_COLOR ? "" : last;
  }
  return [...lines, part];
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
