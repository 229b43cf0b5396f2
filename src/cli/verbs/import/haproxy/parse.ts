/**
 * HAProxy's language: sections of lines of words.
 *
 * @module
 */

import { type ImportContext, refuse, type Word, type WordLine } from "../reading.ts";

/** A section. */
export interface Section {
  /** `frontend`, `backend` and others. */
  readonly kind: string;
  readonly name: Word | null;
  /** The words of its heading. */
  readonly heading: WordLine;
  readonly lines: readonly WordLine[];
  /** The section of defaults before it, or that it names. */
  readonly defaults: Section | null;
}

/** The keywords that begin a section. */
export const SECTIONS: ReadonlySet<string> = new Set(
  ("global defaults frontend backend listen peers resolvers userlist mailers cache program http-errors ring log-forward " +
    "fcgi-app crt-store crt-list traces acme log-profile haterm").split(" "),
);

/** A blank, a comment, or a word whose parts may be quoted or escaped. */
const TOKEN = /([ \t\r]+)|(#[^\n]*)|((?:\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'|[^\s"'\\#])+)/y;

/** Reads all sections. */
export function parseHaproxy(context: ImportContext): readonly Section[] {
  const sections: Section[] = [];
  const named = new Map<string, Section>();
  let defaults: Section | null = null;
  let lines: WordLine[] = [];
  for (const line of linesOf(context)) {
    const [first, name, from, base] = line.words;
    if (first === undefined) continue;
    if (!SECTIONS.has(first.text)) {
      if (sections.length === 0) {
        refuse({ collector: context.whole }, first.span, `"${first.text}" is before the first section`);
      }
      lines.push(line);
      continue;
    }
    lines = [];
    const given = name?.text === "from" ? from : from?.text === "from" ? base : undefined;
    const inherited: Section | null = given === undefined ? defaults : named.get(given.text) ?? null;
    if (given !== undefined && inherited === null) {
      refuse({ collector: context.whole }, given.span, `There is no section "defaults ${given.text}" before this line`);
    }
    const kind = first.text;
    const isDefaults = kind === "defaults";
    const section: Section = {
      kind,
      name: name === undefined || name.text === "from" ? null : name,
      heading: line,
      lines,
      defaults: isDefaults ? given === undefined ? null : inherited : inherited,
    };
    sections.push(section);
    if (!isDefaults) continue;
    defaults = section;
    if (section.name !== null) named.set(section.name.text, section);
  }
  return sections;
}

function linesOf(context: ImportContext): readonly WordLine[] {
  const { text } = context.file;
  const lines: WordLine[] = [];
  let words: Word[] = [];
  const end = (): void => {
    const [first] = words;
    const last = words.at(-1);
    if (first !== undefined && last !== undefined) {
      lines.push({ words, span: { start: first.span.start, end: last.span.end } });
    }
    words = [];
  };
  for (let at = 0; at < text.length;) {
    if (text[at] === "\n") {
      end();
      at++;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      refuse({ collector: context.whole }, { start: at, end: at + 1 }, "Quoted text does not end");
      return lines;
    }
    const [raw, , , word] = match;
    if (word !== undefined) words.push({ text: unquote(word), span: { start: at, end: at + raw.length } });
    at += raw.length;
  }
  end();
  return lines;
}

/** Variables of the environment stay as `$NAME`, so that they are found. */
function unquote(raw: string): string {
  return raw.replace(/"((?:\\[^]|[^"\\])*)"|'([^']*)'|\\([^])/g, (_all, double, single, escaped) => {
    if (double !== undefined) return String(double).replace(/\\(["\\$`'])/g, "$1");
    if (single !== undefined) return String(single);
    return { n: "\n", r: "\r", t: "\t", " ": " " }[String(escaped)] ?? String(escaped);
  });
}
