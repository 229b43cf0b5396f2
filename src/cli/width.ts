/**
 * Texts for a number of columns: truncated, padded, or broken into lines.
 *
 * @module
 */

import { charactersOf, displayWidth } from "../display_width.ts";
import { COLOR, NO_COLOR } from "./color.ts";

const ELLIPSIS = "…";
/** The part of a text shortened in its middle that is its end. */
const TAIL_PART = 0.7;

/** Cuts what is longer than `columns` and marks that with …. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of charactersOf(text)) {
    width += displayWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return columns < 1 ? "" : kept + ELLIPSIS;
}

/**
 * Shortens a text that is longer than `columns` in its middle: the end of an address is its port, which distinguishes
 * it. The family before an address with a port is removed first.
 */
export function truncateMiddle(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  const [, short] = /^inet6?\/(.*:\d{1,5})$/.exec(text) ?? [];
  if (short !== undefined) return truncateMiddle(short, columns);
  const characters = charactersOf(text);
  const port = /:\d{1,5}$/.exec(text)?.[0].length ?? 0;
  const room = Math.max(port, Math.floor((columns - 1) * TAIL_PART));
  let tail = "";
  for (let at = characters.length - 1; at >= 0; at--) {
    const next = `${characters[at]}${tail}`;
    if (displayWidth(next) > room || displayWidth(next) >= columns) break;
    tail = next;
  }
  const head = truncate(text, columns - displayWidth(tail));
  return head + tail;
}

/** Truncates a line that may be coloured; no colour continues after it. */
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

/** Pads `text` with blanks, after it or before it. */
export function pad(text: string, columns: number, side: "start" | "end" = "end"): string {
  const blanks = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return side === "end" ? text + blanks : blanks + text;
}

/**
 * Breaks a line that may be coloured at its blanks; what follows its first part is indented.
 *
 * Every part has its own colours: on a terminal a part may be written without the others.
 */
export function wrapPainted(line: string, columns: number, indent: string): readonly string[] {
  if (displayWidth(line.split(COLOR).filter((_, index) => index % 2 === 0).join("")) <= columns) return [line];
  const lines: string[] = [];
  let [part, width, color] = ["", 0, ""];
  // Blanks before the first word are the line's own indentation.
  for (const [, gap = "", word = ""] of line.matchAll(/(^|(?<=\S) +)( *\S+)/g)) {
    const [plain = "", ...rest] = word.split(COLOR);
    const own = displayWidth([plain, ...rest.filter((_, index) => index % 2 === 1)].join(""));
    if (part !== "" && width + gap.length + own > columns) {
      lines.push(color === "" ? part : part + NO_COLOR);
      [part, width] = [indent + color + word, displayWidth(indent) + own];
    } else {
      [part, width] = [part + gap + word, width + gap.length + own];
    }
    const last = rest.filter((_, index) => index % 2 === 0).at(-1);
    if (last !== undefined) color = last === NO_COLOR ? "" : last;
  }
  return [...lines, part];
}

/**
 * Breaks the lines of a text at their blanks: those of a list below its second column, those of a tree beside its
 * branches.
 */
export function wrapLines(text: string, columns: number): string {
  return text.split("\n").flatMap((line) => wrapPainted(line, columns, hangingIndent(line, columns))).join("\n");
}

function hangingIndent(line: string, columns: number): string {
  const entry = /^ {2,}\S+ {2,}(?=\S)/.exec(line)?.[0].length ?? 0;
  if (entry > 0 && entry <= columns / 2) return " ".repeat(entry);
  const [lead = ""] = /^[ │├└─]*/.exec(line) ?? [];
  return `${lead.replaceAll("├─", "│ ").replaceAll("└─", "  ")}  `;
}

/**
 * Breaks a plan's line that is too long: first with smaller gaps between its columns, then at blanks, below the step's
 * path.
 *
 * @param line its columns are separated by two blanks or more
 */
export function wrapCells(line: string, columns: number): readonly string[] {
  if (displayWidth(line) <= columns) return [line];
  const [lead = ""] = /^ *(?:\d+ {2})?/.exec(line) ?? [];
  const indent = `${" ".repeat(lead.length)}  `;
  const lines: string[] = [];
  let current = lead;
  for (const [index, cell] of line.slice(lead.length).split(/ {2,}/).entries()) {
    for (const [at, word] of cell.split(" ").entries()) {
      const gap = index + at === 0 ? "" : at === 0 ? "  " : " ";
      if (gap !== "" && displayWidth(current + gap + word) > columns) {
        lines.push(current);
        current = indent + word;
      } else {
        current += gap + word;
      }
    }
  }
  return [...lines, current];
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
