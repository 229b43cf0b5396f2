/**
 * The words after an address in lines of `bind` and `server`.
 *
 * @module
 */

import { noteKeyword } from "../keyword.ts";
import type { ImportContext, Word } from "../reading.ts";
import { HAPROXY_KEYWORDS, VALUES } from "./keywords.ts";

/** Settings by keyword: their value, or an empty text. */
export type Settings = ReadonlyMap<string, Word>;

/** Reads settings, and notes what the import does with each; later ones replace earlier ones. */
export function readSettings(place: "bind" | "server", words: readonly Word[], context: ImportContext): Settings {
  const settings = new Map<string, Word>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const value = VALUES[place].has(word.text) ? words[++at] : undefined;
    const shown = value === undefined ? word.text : `${word.text} ${value.text}`;
    noteKeyword(HAPROXY_KEYWORDS, { place, word: word.text, span: word.span, shown }, context);
    const positive = word.text.replace(/^no-(?=check|backup|ssl$|send-proxy)/, "");
    if (positive !== word.text) settings.delete(positive);
    else settings.set(word.text, value ?? { text: "", span: word.span });
  }
  return settings;
}
