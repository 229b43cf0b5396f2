/**
 * The keywords of a configuration language, in one table: what the import does with each. A keyword that the table does
 * not have is an error at its place, so that nothing of a file is lost silently; docs/import.md is printed from it.
 *
 * @module
 */

import { nearHint } from "../../../ascii/near.ts";
import { nearestFeature } from "../../../topology/parse/foreign_words.ts";
import { type ImportContext, noteChange, noteLoss, refuse } from "./reading.ts";
import type { Span } from "../../../topology/parse/source.ts";

/**
 * - `imported`: it has the same meaning in the topology
 * - `changed`: it is imported, with a note about the difference
 * - `left-out`: it is left out, with a note
 * - `refused`: it guards or decides something that a topology cannot say, so the part that has it is left out
 */
export type KeywordEffect = "imported" | "changed" | "left-out" | "refused";

/** Keywords with the same effect at the same place. */
export interface KeywordRow {
  /** The block, section or keyword that they belong to. */
  readonly place: string;
  readonly words: readonly string[];
  readonly effect: KeywordEffect;
  /** What it becomes, what is different, or why it is left out. */
  readonly text: string;
}

/** All keywords of a language. */
export interface KeywordTable {
  /** The program, as in messages: `nginx`. */
  readonly program: string;
  readonly rows: readonly KeywordRow[];
}

/** Rows of one place: each is an effect, the words separated by blanks, and a text. */
export function rowsOf(
  place: string,
  ...rows: readonly (readonly [effect: KeywordEffect, words: string, text: string])[]
): readonly KeywordRow[] {
  return rows.map(([effect, words, text]) => ({
    place,
    words: words.split(/\s+/).filter((one) => one !== ""),
    effect,
    text,
  }));
}

/** A keyword in a file. */
export interface KeywordUse {
  readonly place: string;
  readonly word: string;
  readonly span: Span;
  /** The keyword as messages show it; the word itself by default. */
  readonly shown?: string;
}

/** The row of a keyword; a word that ends with `*` stands for all that begin with it. */
export function findKeyword({ rows }: KeywordTable, place: string, word: string): KeywordRow | null {
  const own = rows.filter((row) => row.place === place);
  return own.find(({ words }) => words.includes(word)) ??
    own.find(({ words }) => words.some((one) => one.endsWith("*") && word.startsWith(one.slice(0, -1)))) ?? null;
}

/**
 * Notes what the import does with a keyword.
 *
 * @returns its row; null for an unknown keyword, which is an error of the whole file
 */
export function noteKeyword(table: KeywordTable, use: KeywordUse, context: ImportContext): KeywordRow | null {
  const { place, word, span } = use;
  const row = findKeyword(table, place, word);
  const shown = use.shown ?? word;
  if (row === null) {
    const known = table.rows.filter((one) => one.place === place).flatMap(({ words }) => words);
    context.whole.add("unknown-keyword", "error", {
      message: `Unknown keyword "${shown}" in ${place} of ${table.program}`,
      span,
      hint: nearHint(word, known),
    });
    return null;
  }
  const { effect, text } = row;
  if (effect === "changed") noteChange(context, span, `"${shown}": ${text}`);
  if (effect === "left-out") noteLoss(context, span, `"${shown}" is left out: ${withNearest(word, text)}`);
  if (effect === "refused") refuse(context, span, `"${shown}": ${text}`);
  return row;
}

/** The reason of keywords for which sockgraph has nothing; the feature that is nearest to the word is added. */
export const NO_COUNTERPART = "it has no counterpart";

function withNearest(word: string, text: string): string {
  const near = text === NO_COUNTERPART ? nearestFeature(word) : null;
  return near === null ? text : `${text}; ${near}`;
}
