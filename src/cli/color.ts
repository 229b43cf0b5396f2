/**
 * Colours of a terminal, and what else may be written to one: colours that were made here, and nothing that a text of
 * somebody else brings along.
 *
 * @module
 */

import { printableLines } from "../printable.ts";

/** The colours in use, by what they mean. */
const COLORS = { good: 32, bad: 31, warning: 33, strong: 1, faint: 2 } as const;

/** What a piece of text says. */
export type Tone = keyof typeof COLORS;

/** Marks the colours of this process: what a text brings along is not taken for one of them. */
const MARK = crypto.getRandomValues(new Uint32Array(1)).join();
const MARKED = new RegExp(`(\u001b\\[\\d+;${MARK}m)`);

/** Sets a colour, which takes no columns. */
// deno-lint-ignore no-control-regex -- A colour begins with an escape.
export const COLOR: RegExp = /(\u001b\[[\d;]*m)/;

/** Ends all colours. */
export const NO_COLOR: string = sequence(0);

/** Colours a text. */
export function paint(tone: Tone, text: string): string {
  return sequence(COLORS[tone]) + text + NO_COLOR;
}

/** A text as it may be written to a stream: colours, line breaks and tabs are kept, all other control characters shown. */
export function toStream(text: string): string {
  return text.split(MARKED).map((part, index) => {
    return index % 2 === 1 ? part.replace(`;${MARK}m`, "m") : printableLines(part);
  }).join("");
}

function sequence(color: number): string {
  return `\u001b[${color};${MARK}m`;
}
