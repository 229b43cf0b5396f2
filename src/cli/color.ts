/**
 * Colours of a terminal, and the other characters that may be written to one: colours that were set here, and no
 * control characters of other texts.
 *
 * @module
 */

import { printableLines } from "../printable.ts";

/** The colours in use, by what they mean. */
const COLORS = { good: 32, bad: 31, warning: 33, strong: 1, faint: 2 } as const;

/** The role of a piece of text. */
export type Tone = keyof typeof COLORS;

/** Marks the colours of this process, to distinguish them from escapes in other texts. */
const MARK = crypto.getRandomValues(new Uint32Array(1)).join();
const MARKED = new RegExp(`(\u001b\\[\\d+;${MARK}m)`);

/** Sets a colour, which needs no columns. */
// deno-lint-ignore no-control-regex -- A colour begins with an escape.
export const COLOR: RegExp = /(\u001b\[[\d;]*m)/;

/** Ends all colours. */
export const NO_COLOR: string = sequence(0);

/** Colours a text. */
export function paint(tone: Tone, text: string): string {
  return sequence(COLORS[tone]) + text + NO_COLOR;
}

/**
 * A text as it may be written to a stream: colours, line breaks and tabs are kept, all other control characters are
 * shown visibly.
 */
export function toStream(text: string): string {
  return text.split(MARKED).map((part, index) => {
    return index % 2 === 1 ? part.replace(`;${MARK}m`, "m") : printableLines(part);
  }).join("");
}

function sequence(color: number): string {
  return `\u001b[${color};${MARK}m`;
}
